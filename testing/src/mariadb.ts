/** MariaDB for tests and drills; its binaries are Debian's (`mariadb-server`). */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DatabaseServer, type DatabaseServerOptions, PASSWORD, startDatabaseServer } from './database-server.ts'

export type Mariadb = DatabaseServer
export type MariadbOptions = DatabaseServerOptions

const FOLDERS_OF_SERVERS = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin']
const SECURE = `set sql_log_bin = 0;
  create or replace user root@localhost identified by '${PASSWORD}'; grant all on *.* to root@localhost with grant option;
  create or replace user root@'127.0.0.1' identified by '${PASSWORD}'; grant all on *.* to root@'127.0.0.1' with grant option;
  set sql_log_bin = 1`

/** Where MariaDB's server is installed; null where it is not. */
export function findMariadb(): { server: string; install: string } | null {
  const find = (name: string): string | undefined => FOLDERS_OF_SERVERS.map((folder) => join(folder, name)).find((path) => existsSync(path))
  const server = find('mariadbd')
  const install = find('mariadb-install-db')
  return server === undefined || install === undefined ? null : { server, install }
}

export async function startMariadb(options: MariadbOptions = {}): Promise<Mariadb> {
  const found = findMariadb()
  if (found === null) throw new Error('there is no MariaDB server here: apt-get install mariadb-server')
  const template = templateOf(found.server, found.install)
  const settings = { innodb_log_file_size: '16M' }
  return startDatabaseServer({ name: 'MariaDB', program: found.server, template, settings, secure: SECURE }, options)
}

/** A fresh data folder takes seconds to make and is the same for every server of one version: made once, then copied. */
function templateOf(server: string, install: string): string {
  const version = spawnSync(server, ['--no-defaults', '--version'], { encoding: 'utf8' }).stdout.match(/Ver ([\w.-]+)/)?.[1] ?? 'unknown'
  const template = join(tmpdir(), `millrace-mariadb-template-${version}-${process.getuid?.() ?? 0}`)
  if (existsSync(template)) return template
  const making = mkdtempSync(`${template}-`)
  const data = join(making, 'data')
  mkdirSync(data)
  const flags = [`--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', '--innodb-log-file-size=16M']
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
  const made = spawnSync(install, ['--no-defaults', ...asRoot, ...flags], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stderr}${made.stdout}`)
  try {
    renameSync(data, template)
  } catch (error) {
    if (!existsSync(template)) throw error
  }
  rmSync(making, { recursive: true, force: true })
  return template
}
