/**
 * The pipeline that a team builds from the usual parts: `pg` and `pg-logical-replication` with its own
 * pgoutput parser. Tuned as its documentation allows: acknowledged by hand once a transaction, no flow
 * control, since its writer never waits; dates stay text, which is exact and spares a parse. Its rows are
 * objects, collected a transaction at a time and handed to a writer that takes and drops them.
 */
import pg from 'pg'
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication'
import type { LifeOrder } from './life.ts'
import { Stopwatch } from './stopwatch.ts'

/** A large transaction is handed on in parts, as anybody would who minds memory. */
const PART_CHANGES = 10_000
const TEXT_TYPES = [pg.types.builtins.TIMESTAMPTZ, pg.types.builtins.TIMESTAMP, pg.types.builtins.DATE]

interface PeerChange {
  readonly table: string
  readonly operation: string
  readonly row: Readonly<Record<string, unknown>> | null
  readonly key: Readonly<Record<string, unknown>> | null
}

export async function runPeer(order: LifeOrder): Promise<{ changes: number; seconds: number; cpuSeconds: number }> {
  for (const type of TEXT_TYPES) pg.types.setTypeParser(type, (text) => text)
  const service = new LogicalReplicationService({ connectionString: order.url }, { acknowledge: { auto: false, timeoutSeconds: 10 } })
  const watch = new Stopwatch(order)
  const write = (changes: readonly PeerChange[]): Promise<void> => {
    watch.add(changes.length)
    return Promise.resolve()
  }
  let part: PeerChange[] = []
  service.on('start', () => watch.start())
  service.on('data', (position: string, message: Pgoutput.Message) => {
    const isCommit = message.tag === 'commit'
    if (!isCommit) add(part, message)
    if (part.length === 0 || (!isCommit && part.length < PART_CHANGES)) return
    const written = write(part)
    part = []
    if (isCommit) void written.then(() => service.acknowledge(position))
  })
  const failed = new Promise<never>((_, reject) => service.on('error', reject))
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [order.publication] })
  service.subscribe(plugin, order.slot).catch(() => undefined)
  await Promise.race([watch.end, failed])
  await service.stop()
  return watch.result
}

function add(part: PeerChange[], message: Pgoutput.Message): void {
  if (message.tag === 'insert') part.push({ table: message.relation.name, operation: 'insert', row: message.new, key: null })
  else if (message.tag === 'update') part.push({ table: message.relation.name, operation: 'update', row: message.new, key: message.key })
  else if (message.tag === 'delete')
    part.push({ table: message.relation.name, operation: 'delete', row: null, key: message.key ?? message.old })
}
