/** Runs one measured life of Debezium's embedded engine. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { MavenProject } from '../../jvm/maven-project.ts'
import type { LifeOrder, LifeResult } from '../life.ts'

const HEAP = ['-Xms2g', '-Xmx2g']
/** Its own log of what goes wrong, and no more. */
const LOG_LEVEL = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'

export interface JvmLife {
  readonly project: MavenProject
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
  const child = spawn(
    'java',
    [...HEAP, LOG_LEVEL, '-cp', project.classPath, 'bench.Peer', join(project.sources, 'settings.properties'), ...words],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  return new Promise((resolve, reject) => {
    let result: LifeResult | null = null
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) result = JSON.parse(line) as LifeResult
    })
    child.once('error', reject)
    child.once('close', (code) => (result === null ? reject(new Error(`Debezium ended with ${code} and no result.`)) : resolve(result)))
  })
}
