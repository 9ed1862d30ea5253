/**
 * Lays a model's rows in a scratch folder as a layout says, and runs its readers over them and over what is
 * there now, in turns. DuckDB keeps no file's content meanwhile, so that each round reads what it needs.
 */
import type { Clock } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { VersionContent } from '../catalog/version.ts'
import type { GraphColumn } from '../check/checked-graph.ts'
import type { Layout } from '../model/layout.ts'
import type { RunEngine } from '../run/run-engine.ts'
import { withoutEnd } from '../../without-end.ts'
import { writeRows, type WrittenRows } from '../run/write-rows.ts'
import { bytesReadSoFar } from './bytes-read.ts'

export interface Cost {
  /** The median of the rounds. */
  readonly seconds: number
  /** Read from files; null where the system does not count them. */
  readonly bytesRead: number | null
}

export interface ReaderTrial {
  readonly reader: string
  readonly before: Cost
  readonly after: Cost
}

export interface LayoutTrial {
  readonly layout: Layout
  /** What writing it took, and its files. */
  readonly write: { readonly seconds: number; readonly bytes: number; readonly files: number }
  readonly readers: readonly ReaderTrial[]
  /** Of all readers together. */
  readonly before: Cost
  readonly after: Cost
}

export interface TrialPlace {
  readonly engine: RunEngine
  readonly connection: DuckDBConnection
  /** The graph's folder, and the part of it that may be filled. */
  readonly folder: string
  readonly scratch: string
  /** The folded name. */
  readonly model: string
  readonly columns: readonly GraphColumn[]
  /** What the readers read now. */
  readonly now: VersionContent
  readonly readers: readonly { readonly name: string; readonly sql: string }[]
  readonly clock: Clock
  readonly signal: AbortSignal
}

const ROUNDS = 5
/** From here on a query takes so long that what is beside it evens out. */
const LONG_SECONDS = 5

export async function tryLayout(place: TrialPlace, layout: Layout, number: number): Promise<LayoutTrial> {
  const begunMs = place.clock.monotonicMs()
  const written = await layRows(place, layout, `${number}`)
  const write = { seconds: (place.clock.monotonicMs() - begunMs) / 1000, bytes: written.bytes, files: written.files.length }
  const then: VersionContent = { kind: 'files', files: written.files }
  const readers: ReaderTrial[] = []
  for (const { name, sql } of place.readers) readers.push({ reader: name, ...(await compared(place, then, sql)) })
  const sum = (of: (trial: ReaderTrial) => Cost): Cost => ({
    seconds: readers.reduce((total, trial) => total + of(trial).seconds, 0),
    bytesRead: readers.reduce<number | null>((total, trial) => plus(total, of(trial).bytesRead), 0),
  })
  return { layout, write, readers, before: sum(({ before }) => before), after: sum(({ after }) => after) }
}

/** The rows of what is there now, or a share of them. */
export async function layRows(
  { engine, connection, folder, scratch, model, columns, now }: TrialPlace,
  layout: Layout,
  part: string,
  share = '',
): Promise<WrittenRows> {
  await engine.show(model, now, columns)
  const sql = `SELECT * FROM (${engine.select(now, columns)})${share}`
  return writeRows(connection, { engine, folder, stem: `${scratch}/${model}-${part}`, name: model, sql, columns, layout })
}

async function compared(place: TrialPlace, then: VersionContent, sql: string): Promise<{ before: Cost; after: Cost }> {
  const before: Cost[] = []
  const after: Cost[] = []
  const run = async (content: VersionContent): Promise<Cost> => {
    place.signal.throwIfAborted()
    await place.engine.show(place.model, content, place.columns)
    return costOf(place, sql)
  }
  const first = await run(place.now)
  await run(then)
  const rounds = first.seconds > LONG_SECONDS ? 1 : ROUNDS
  for (let round = 0; round < rounds; round += 1) {
    before.push(await run(place.now))
    after.push(await run(then))
  }
  return { before: medianOf(before), after: medianOf(after) }
}

/** EXPLAIN ANALYZE computes all of it and keeps none. */
async function costOf({ connection, clock }: TrialPlace, sql: string): Promise<Cost> {
  const bytes = bytesReadSoFar()
  const begunMs = clock.monotonicMs()
  await connection.run(`EXPLAIN ANALYZE SELECT * FROM (\n${withoutEnd(sql)}\n)`)
  const seconds = (clock.monotonicMs() - begunMs) / 1000
  const now = bytesReadSoFar()
  return { seconds, bytesRead: bytes === null || now === null ? null : now - bytes }
}

function medianOf(costs: readonly Cost[]): Cost {
  const middle = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
  const bytes = costs.map(({ bytesRead }) => bytesRead)
  return {
    seconds: middle(costs.map(({ seconds }) => seconds)),
    bytesRead: bytes.every((each) => each !== null) ? middle(bytes) : null,
  }
}

function plus(total: number | null, bytes: number | null): number | null {
  return total === null || bytes === null ? null : total + bytes
}
