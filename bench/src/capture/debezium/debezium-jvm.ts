/** Builds Debezium's embedded engine by Maven, and runs one measured life of it. */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'
import type { LifeOrder, LifeResult } from '../life.ts'

const PROJECT = fileURLToPath(new URL('../../../peers/debezium', import.meta.url))
const PACKAGES = ['default-jdk-headless', 'maven'] as const
const HEAP = ['-Xms2g', '-Xmx2g']
/** Its own log of what goes wrong, and no more. */
const LOG_LEVEL = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
const run = promisify(execFile)

export async function buildDebezium(folder: string, note: (line: string) => void): Promise<string> {
  if (!(await isThere('mvn')) || !(await isThere('javac'))) {
    note(`installing ${PACKAGES.join(' and ')}`)
    await run('apt-get', ['update'])
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES])
  }
  const project = join(folder, 'debezium')
  mkdirSync(project, { recursive: true })
  cpSync(join(PROJECT, 'pom.xml'), join(project, 'pom.xml'))
  cpSync(join(PROJECT, 'src'), join(project, 'src'), { recursive: true })
  note('fetching Debezium')
  await run('mvn', ['-q', '-B', 'compile', 'dependency:copy-dependencies', '-DincludeScope=runtime'], { cwd: project })
  if (!existsSync(join(project, 'target/classes/bench/Peer.class'))) throw new Error('Maven made no class of the peer.')
  return project
}

export async function javaVersion(): Promise<string> {
  const { stderr } = await run('java', ['-version'])
  return stderr.split('\n')[0] ?? ''
}

export interface JvmLife {
  readonly project: string
  readonly order: LifeOrder
  /** Of this life alone: for what Debezium remembers. */
  readonly offsets: string
}

export function runDebezium({ project, order, offsets }: JvmLife): Promise<LifeResult> {
  const url = new URL(order.url)
  const settings = {
    'database.hostname': url.hostname,
    'database.port': url.port,
    'database.user': decodeURIComponent(url.username),
    'database.password': decodeURIComponent(url.password),
    'database.dbname': url.pathname.slice(1),
    'slot.name': order.slot,
    'publication.name': order.publication,
    'table.include.list': 'public.payments',
    'offset.storage.file.filename': offsets,
    'bench.warmUp': order.warmUp,
    'bench.changes': order.changes,
  }
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const classes = `${join(project, 'target/classes')}:${join(project, 'target/dependency/*')}`
  const child = spawn('java', [...HEAP, LOG_LEVEL, '-cp', classes, 'bench.Peer', join(PROJECT, 'settings.properties'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let result: LifeResult | null = null
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) result = JSON.parse(line) as LifeResult
    })
    child.once('error', reject)
    child.once('close', (code) => (result === null ? reject(new Error(`Debezium ended with ${code} and no result.`)) : resolve(result)))
  })
}

async function isThere(program: string): Promise<boolean> {
  return run(program, ['-version']).then(
    () => true,
    () => false,
  )
}
