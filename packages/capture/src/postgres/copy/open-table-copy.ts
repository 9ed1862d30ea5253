/**
 * What a database holds of one table at one exact position, read beside the running capture, for the
 * proof that nothing was lost on the way (source = copy). The rows go through the same parsers and masks
 * as those of a fill; the position is that of a slot of its own, which goes with its connection.
 */
import { MillraceError } from '@millrace/base'
import type { Batch, LogReader, SourceCopy, StreamInfo } from '@millrace/core'
import type { Parking } from '../../parking/parking.ts'
import { openTableFinder } from '../catalog/table-finder.ts'
import { displayName, type Table } from '../catalog/table.ts'
import { connect, type Connection, type SourceTarget } from '../connect.ts'
import { type Chunk, CHUNK_BLOCKS, planChunks } from '../fill/chunk-plan.ts'
import { ChunkReader } from '../fill/chunk-reader.ts'
import { type ExactSnapshot, makeSnapshot } from '../fill/snapshot-slot.ts'
import { PendingChanges } from '../pending-changes.ts'
import { positionToText } from '../position.ts'
import { publicationOf, slotOf } from '../postgres-capture.ts'
import { stateOf } from '../progress-state.ts'
import { openSnapshot } from '../snapshot/open-snapshot.ts'
import { TableFeed } from '../table-feed.ts'
import { Handoff } from './handoff.ts'

export interface TableCopyOptions {
  readonly project: string
  readonly target: SourceTarget
  readonly stream: StreamInfo
  /** Positions of the log may be shifted against the server's, where it is not the first one. */
  readonly reader: LogReader
}

/** A part of the table in memory; there are at most two. */
const PART_BYTES = 2_000_000

/** Raises PROOF_COPY_UNSUPPORTED where the table is not among those that are captured. */
export async function openTableCopy({ project, target, stream, reader }: TableCopyOptions): Promise<SourceCopy> {
  const names = { project, name: target.name, config: target.config }
  const control = await connect(target, 'control')
  let exact: ExactSnapshot | null = null
  let connection: Connection | null = null
  const close = (): Promise<void> => {
    connection?.close()
    exact?.close()
    control.close()
    return Promise.resolve()
  }
  try {
    const finder = await openTableFinder(target, publicationOf(names))
    exact = await makeSnapshot(target, slotOf(names), { control: control.query })
    const session = await connect(target, 'snapshot')
    connection = session
    await openSnapshot(session, exact.name)
    const { tables } = await finder.find(session.query)
    const table = tables.find((each) => each.stream === stream.name)
    if (table === undefined) throw unsupported(stream.name, 'its table is not among those that are captured')
    const plan = await planChunks({ query: session.query, table, where: null, done: [], chunkBlocks: CHUNK_BLOCKS })
    if (typeof plan === 'string') throw unsupported(stream.name, `${displayName(table)} was rewritten just now; prove it again`)
    const { position } = exact
    const progress = reader.progress(target.name)
    const offset = progress === null ? 0 : stateOf(progress).offset
    return {
      position: position + offset,
      place: positionToText(position),
      schema: table.schema,
      rows: () => readRows({ target, table, connection: session, chunks: plan.chunks }),
      isReached: (log) => isReached(log, { source: target.name, stream: stream.name, position }),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** All transactions before the position are in the log, and the stream's own rows of before it, too. */
function isReached(log: LogReader, { source, stream, position }: { source: string; stream: string; position: number }): boolean {
  const progress = log.progress(source)
  if (progress === null) return false
  const state = stateOf(progress)
  return state.position >= position && state.streams.includes(stream)
}

interface RowsRequest {
  readonly target: SourceTarget
  readonly table: Table
  readonly connection: Connection
  readonly chunks: readonly Chunk[]
}

/** Rows that no type can hold are set aside in capture, and left out here. */
const LEFT_OUT: Parking = { load: () => undefined, isClear: () => true, holds: () => false, park: () => [], supersede: () => [] }

async function* readRows({ target, table, connection, chunks }: RowsRequest): AsyncGenerator<Batch> {
  const pending = new PendingChanges(LEFT_OUT)
  const feed = new TableFeed({ source: target.name, slot: '', table, partitions: 1, pending })
  const reader = new ChunkReader(connection)
  const parts = new Handoff<Batch>()
  const hand = async (): Promise<void> => {
    const { appends } = pending.take()
    pending.takeStatements()
    for (const { batch } of appends) await parts.put(batch)
  }
  const queue = chunks.values()
  const reading = reader
    .run(() => {
      const { value: chunk } = queue.next()
      if (chunk === undefined) return null
      return {
        table,
        chunk,
        onBegin: () => undefined,
        onRow: (row, bytes) => {
          feed.insertCells(row.buffer, row.cells)
          pending.bytes += bytes
          return pending.bytes >= PART_BYTES ? hand() : null
        },
        onEnd: hand,
        onFailure: (failure) => {
          throw failure === 'rewritten'
            ? unsupported(table.stream, `${displayName(table)} was rewritten just now; prove it again`)
            : failure
        },
      }
    })
    .then(
      () => parts.end(),
      (error: unknown) => parts.fail(error),
    )
  try {
    yield* parts.values()
  } finally {
    reader.close()
    parts.stop()
    await reading
  }
}

function unsupported(stream: string, what: string): MillraceError {
  return new MillraceError('PROOF_COPY_UNSUPPORTED', { details: { stream, what } })
}
