/** Streams of the log as leaves of a run: all at one position, whatever is written meanwhile. */
import { type LogReader, type Schema, sqlNameOf } from '@millrace/core'
import { type GraphColumn, hashOf } from '../check/checked-graph.ts'
import { quoteLiteral, relationName } from '@millrace/sql/text'
import { writtenColumns } from './stored-type.ts'
import type { Leaf } from './plan-run.ts'

export interface LogPosition {
  readonly cut: number
  /** By name of the stream. */
  readonly contents: Readonly<Record<string, string>>
}

/** The newest position, with what each stream holds there. */
export function positionOfLog(reader: LogReader, streams: readonly string[]): LogPosition {
  for (;;) {
    const cut = reader.cut()
    const contents = streams.map((name) => {
      const { id, schemaId } = reader.stream(name)
      const extents = reader.extents(name).map(({ partition, first, next }) => `${partition}:${first}:${next}`)
      return [name, hashOf(`${id}`, `${schemaId}`, ...extents)] as const
    })
    if (reader.cut() === cut) return { cut, contents: Object.fromEntries(contents) }
  }
}

export function streamLeaf(reader: LogReader, name: string, content: string): Leaf {
  const changes = reader.extents(name).reduce((sum, { first, next }) => sum + next - first, 0)
  return { name, columns: columnsOf(reader.stream(name).schema), content, changes }
}

function columnsOf(schema: Schema): GraphColumn[] {
  return schema.columns.map((column) => ({ name: column.name, type: sqlNameOf(column.type) }))
}

export interface StreamRequest {
  readonly reader: LogReader
  readonly stream: string
  readonly cut: number
  readonly path: string
  readonly memoryMb: number
  readonly signal: AbortSignal
}

/** Folds a stream at a cut into one file, and tells how many rows it has. */
export async function writeStream({ reader, stream, cut, path, ...options }: StreamRequest): Promise<number> {
  const { openSnapshot } = await import('../../snapshot.ts')
  const snapshot = await openSnapshot({
    reader,
    streams: [stream],
    cut,
    memoryLimitMb: options.memoryMb,
    signal: options.signal,
    writable: path,
  })
  try {
    const select = `SELECT ${writtenColumns(columnsOf(reader.stream(stream).schema))} FROM ${relationName(stream)}`
    const result = await snapshot.connection.runAndReadAll(`COPY (${select}) TO ${quoteLiteral(path)} (FORMAT parquet)`)
    return Number(result.getRows()[0]?.[0])
  } finally {
    await snapshot.close()
  }
}
