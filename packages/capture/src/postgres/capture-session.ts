/**
 * One connection's life: decides whether to resume the stream or to read the tables anew, and does so.
 * It keeps no memory of its own between sessions; what was reached stands in the log (law 1).
 */
import type { Clock } from '@millrace/base'
import type { LogReader, LogWriter, SourceProgress, StreamDefinition } from '@millrace/core'
import { definitionOf, type Table } from './catalog/table.ts'
import { readTables } from './catalog/read-tables.ts'
import type { CaptureRecord } from './capture-record.ts'
import { checkServer, checkTables, openReplication } from './check-source.ts'
import { connect, type Connection, type SourceTarget } from './connect.ts'
import { keepHeartbeat } from './heartbeat.ts'
import { PendingChanges } from './pending-changes.ts'
import { type ProgressState, progressOf, stateOf } from './progress-state.ts'
import { ensurePublication } from './publication.ts'
import { RelationBinder } from './relation-binder.ts'
import { ReplicationStream } from './replication-stream.ts'
import { checkSlot, dropSlot, makeSlot } from './slot.ts'
import { openSnapshot, takeSnapshot } from './snapshot/take-snapshot.ts'
import { TableFeed } from './table-feed.ts'
import { streamedTails, transactionTail } from './tail-name.ts'

export interface SessionOptions {
  readonly target: SourceTarget
  readonly slot: string
  readonly publication: string
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly silenceMsMax: number
  readonly partitionsOf: (stream: string) => number
}

export async function runSession(options: SessionOptions, signal: AbortSignal): Promise<void> {
  const control = await connect(options.target, 'control')
  const session = new AbortController()
  const stop = (): void => session.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const { clock, record, slot } = options
  try {
    const { version_number } = await checkServer(control)
    const tables = await checkTables(control, options.target)
    record.tables = tables.length
    const { replication, systemId } = await openReplication(options.target)
    try {
      const progress = await reachStream(options, { control, replication, systemId, tables, signal: session.signal })
      if (session.signal.aborted) return
      const heartbeat = keepHeartbeat({
        query: control.query,
        slot,
        clock,
        record,
        signal: session.signal,
        canFlush: version_number >= 170_000,
      })
      const stream = streamOf(options, { control, replication, tables, progress }).run(session.signal)
      // Whichever fails first ends the other.
      const ended = stream.finally(() => session.abort())
      await Promise.all([ended, heartbeat.catch((error: unknown) => endWith(session, error))])
    } finally {
      replication.close()
    }
  } finally {
    signal.removeEventListener('abort', stop)
    control.close()
  }
}

function endWith(session: AbortController, error: unknown): never {
  session.abort(error)
  throw error
}

interface Ground {
  readonly control: Connection
  readonly replication: Connection
  readonly systemId: string
  readonly tables: readonly Table[]
  readonly signal: AbortSignal
}

/** The progress to stream from: the one that is stored, or that of a new snapshot. */
async function reachStream(options: SessionOptions, ground: Ground): Promise<SourceProgress> {
  const { target, slot, publication, reader, writer } = options
  const { control, systemId, tables } = ground
  const progress = reader.progress(target.name)
  const owner = { source: target.name, database: control.address.database, slot, systemId }
  if (progress === null || isAnewWanted(options, stateOf(progress), tables)) return readAnew(options, ground, progress)
  await checkSlot(control.query, owner, stateOf(progress))
  await ensurePublication(control.query, control.address, publication, tables)
  // What a lost connection left of a transaction comes again as a whole.
  await writer.commit({ discard: [transactionTail(target.name), streamedTails(target.name)] })
  return progress
}

/** Another slot name is how a person asks for it; a table that joins needs the rows it has already. */
function isAnewWanted({ slot }: SessionOptions, state: ProgressState, tables: readonly Table[]): boolean {
  return state.slot !== slot || tables.some(({ stream }) => !state.streams.includes(stream))
}

async function readAnew(options: SessionOptions, ground: Ground, old: SourceProgress | null): Promise<SourceProgress> {
  const { target, slot, publication, record, writer, reader } = options
  const { control, replication, systemId, signal } = ground
  const owner = { source: target.name, database: control.address.database, slot }
  record.phase = 'snapshot'
  record.snapshotRows = 0
  await ensurePublication(control.query, control.address, publication, ground.tables)
  await dropSlot(control.query, owner)
  const made = await makeSlot(replication, control.query, owner)
  const connection = await connect(target, 'snapshot')
  try {
    const timeMicros = await openSnapshot(connection, made.snapshot)
    const tables = await readTables(connection.query, { source: target.name, tables: target.config.tables })
    const pending = new PendingChanges()
    // The last byte before the point: a transaction may commit at the very point, and is not in the snapshot.
    pending.transaction = made.position - 1
    pending.timeMicros = timeMicros
    const feeds = tables.map(
      (table) => new TableFeed({ source: target.name, slot, table, partitions: options.partitionsOf(table.stream), pending }),
    )
    const streams = tables.map(({ stream }) => stream)
    const progress = progressOf(target.name, made.position - 1, { slot, publication, systemId, position: made.position, streams })
    const definitions = tables.map((table) => definitionOf(table, options.partitionsOf(table.stream)))
    const onRows = (rows: number): void => {
      record.snapshotRows += rows
      record.lastContactMs = options.clock.nowMs()
    }
    await takeSnapshot({ source: target.name, connection, feeds, definitions, pending, writer, reader, progress, signal, onRows })
    record.changes += record.snapshotRows
    if (record.snapshotRows > 0) record.lastChangeMs = options.clock.nowMs()
    if (old !== null) await forgetOldSlot(ground, target.name, stateOf(old), slot)
    return progress
  } finally {
    connection.close()
  }
}

/** The slot of before would hold back the server's log for ever. */
async function forgetOldSlot({ control }: Ground, source: string, { slot, publication }: ProgressState, current: string): Promise<void> {
  if (slot === current) return
  await dropSlot(control.query, { source, database: control.address.database, slot }).catch(() => undefined)
  if (publication === slot) await control.query(`drop publication if exists "${publication}"`).catch(() => undefined)
}

interface StreamGround {
  readonly control: Connection
  readonly replication: Connection
  readonly tables: readonly Table[]
  readonly progress: SourceProgress
}

function streamOf(options: SessionOptions, { control, replication, tables, progress }: StreamGround): ReplicationStream {
  const { target, slot, writer, reader, clock, record } = options
  const pending = new PendingChanges()
  const wanted = new Set(tables.map(({ stream }) => stream))
  const definitions: StreamDefinition[] = reader.streams().filter(({ name }) => wanted.has(name))
  const binder = new RelationBinder({ source: target.name, slot, query: control.query, pending, definitions })
  return new ReplicationStream({
    source: target.name,
    replication,
    pending,
    writer,
    clock,
    record,
    silenceMsMax: options.silenceMsMax,
    state: stateOf(progress),
    transaction: progress.transaction,
    bindRelation: (relation, settle) => binder.bind(relation, settle),
  })
}
