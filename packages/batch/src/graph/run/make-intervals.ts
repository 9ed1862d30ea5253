/**
 * The rows of a model that is kept by intervals of time: each interval one file, computed once for what it
 * reads. An interval is known by what the model means and by the rows of its inputs that can matter to it,
 * so new rows, late ones and deleted ones compute just the intervals that they fall into. The version is
 * the files of all intervals, old and new.
 */
import { assert, MillraceError, reach } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier, relationName } from '@millrace/sql/text'
import type { IntervalMemory, IntervalRows } from '../catalog/interval-memory.ts'
import type { Version, VersionContent } from '../catalog/version.ts'
import { type CheckedModel, type GraphColumn, type GraphRelation, hashOf, signatureOf } from '../check/checked-graph.ts'
import { momentParts } from '../check/moment.ts'
import { nextInterval, stretchesOf } from '../model/interval.ts'
import { foldedName, type IntervalUnit } from '../model/model.ts'
import { keyInLayout, layoutOf } from '../model/layout.ts'
import { type IntervalWindow, isWithinWindow } from '../model/interval-window.ts'
import { withoutEnd } from '../../without-end.ts'
import { intervalScans, type IntervalScans, withinInterval } from './interval-scans.ts'
import type { RowsLimit, RunEngine } from './run-engine.ts'
import { type SpareConnections, spreadWork } from './spread-work.ts'
import { removeFiles } from './remove-files.ts'
import { writeRows, type WrittenRows } from './write-rows.ts'

export interface IntervalInput extends GraphRelation {
  /** Of equal keys the rows are equal. */
  readonly key: string
}

export interface IntervalsRequest {
  /** The folded name. */
  readonly name: string
  readonly model: CheckedModel
  readonly columns: readonly GraphColumn[]
  readonly inputs: readonly IntervalInput[]
  /** What the environment shows. */
  readonly before: Version | null
  readonly window: IntervalWindow | null
  /** When the run began. */
  readonly atMs: number
  readonly run: number
  readonly folder: string
  readonly nowMs: () => number
  readonly memory: IntervalMemory
  readonly engine: RunEngine
  readonly connection: DuckDBConnection
  readonly spare: SpareConnections
  readonly signal: AbortSignal
  /** Of all intervals together. */
  readonly limit?: RowsLimit | undefined
}

export interface MadeContent {
  readonly content: VersionContent
  readonly rows: number
  readonly bytes: number
  /** How many intervals were computed, and how many the version has. */
  readonly intervals?: { readonly computed: number; readonly all: number }
}

/** Each is a file: ten years of days, a year of hours. */
export const INTERVALS_LIMIT = 10_000

/** Raises INTERVAL_UNKNOWN for a row without a time, INTERVALS_TOO_MANY. */
export async function makeIntervals(request: IntervalsRequest): Promise<MadeContent> {
  return new IntervalsMaking(request).make()
}

class IntervalsMaking {
  readonly #request: IntervalsRequest
  readonly #unit: IntervalUnit
  readonly #column: GraphColumn
  readonly #temporary: string
  #scans: IntervalScans = new Map()
  /** By input and interval, what its rows there are. */
  readonly #slices = new Map<string, ReadonlyMap<string, string>>()
  #source: string
  #connection: DuckDBConnection

  constructor(request: IntervalsRequest) {
    this.#request = request
    const { interval } = request.model.model.settings
    assert(interval !== null, 'a model that is kept by intervals has one')
    const column = request.columns.find(({ name }) => foldedName(name) === foldedName(interval.column))
    assert(column !== undefined, 'a checked model has the column of its interval')
    this.#connection = request.connection
    this.#unit = interval.unit
    this.#column = column
    this.#source = `(\n${withoutEnd(request.model.model.sql)}\n)`
    this.#temporary = quoteIdentifier(`rows of ${request.name}`)
  }

  async make(): Promise<MadeContent> {
    const { connection, engine, inputs, model } = this.#request
    const { sql } = model.model
    const { limit } = this.#request
    this.#scans = await intervalScans({ sql, column: this.#column, unit: this.#unit, inputs })
    if (this.#scans.size > 0) return this.#makeAll()
    // If every interval needs all that the model reads, it is computed once and then divided.
    this.#source = this.#temporary
    return engine.computed(connection, { sql, table: this.#temporary, limit }, async (own) => {
      this.#connection = own
      return this.#makeAll()
    })
  }

  async #makeAll(): Promise<MadeContent> {
    const { memory, name } = this.#request
    for (const [input, time] of this.#scans) this.#slices.set(input, await this.#slicesOf(input, time))
    const starts = await this.#starts()
    const known = new Map<string, IntervalRows>()
    const toMake: string[] = []
    for (const start of starts) {
      const found = this.#isMeant(start) ? memory.find(name, this.#keyOf(start)) : this.#keptOf(start)
      if (found !== null) known.set(start, found)
      else if (this.#isMeant(start)) toMake.push(start)
    }
    await this.#compute(toMake, known)
    return this.#contentOf(known, toMake.length)
  }

  /** A hash of the rows in each interval, whatever their order. */
  async #slicesOf(input: string, time: string): Promise<ReadonlyMap<string, string>> {
    const columns = this.#request.inputs.find(({ name }) => name === input)?.columns ?? []
    const row = columns.map((column) => quoteIdentifier(column.name)).join(', ')
    const hashes = `count(*), bit_xor(hash(${row})), sum(hash(${row})), sum(hash(1, ${row}))`
    const inYears = `isfinite(${time}) AND year(${time}) BETWEEN 1 AND 9999`
    const rows = await this.#rows(
      `SELECT ${startOf(time, this.#unit)}, concat_ws(':', ${hashes}) FROM ${relationName(input)} WHERE ${inYears} GROUP BY ALL`,
    )
    return new Map(rows as [string, string][])
  }

  /** Intervals that the inputs have rows in, and others in which the model has rows nevertheless. */
  async #starts(): Promise<string[]> {
    const starts = new Set([...this.#slices.values()].flatMap((slices) => [...slices.keys()]))
    const time = quoteIdentifier(this.#column.name)
    const isOdd = `${time} IS NULL OR NOT isfinite(${time}) OR year(${time}) NOT BETWEEN 1 AND 9999`
    const covered = stretchesOf(starts, this.#unit).map(({ from, to }) => `(${withinInterval(this.#column, from, to)})`)
    const elsewhere = covered.length === 0 ? '' : `WHERE ${isOdd} OR NOT (${covered.join(' OR ')})`
    const rows = await this.#rows(
      `SELECT CASE WHEN ${isOdd} THEN NULL ELSE ${startOf(time, this.#unit)} END, count(*) FROM ${this.#source} ${elsewhere} GROUP BY ALL`,
    )
    const { file } = this.#request.model.model
    const details = { model: this.#request.name, file, column: this.#column.name }
    for (const [start, count] of rows) {
      if (start === null) throw new MillraceError('INTERVAL_UNKNOWN', { details: { ...details, rows: Number(count) } })
      starts.add(String(start))
    }
    if (starts.size > INTERVALS_LIMIT)
      throw new MillraceError('INTERVALS_TOO_MANY', { details: { ...details, intervals: starts.size, limit: INTERVALS_LIMIT } })
    return [...starts].sort()
  }

  #keyOf(start: string): string {
    const { model, columns, inputs, atMs } = this.#request
    // An interval lies as its model says.
    const read = inputs.flatMap(({ name, key }) => [name, this.#slices.has(name) ? (this.#slices.get(name)?.get(start) ?? '') : key])
    return keyInLayout(
      hashOf(model.meaning, signatureOf(columns), start, ...momentParts(model.asked, atMs), ...read),
      layoutOf(model.model.settings),
    )
  }

  #isMeant(start: string): boolean {
    return isWithinWindow(this.#request.window, start, this.#unit)
  }

  /** What the version before has for an interval, if it means the same. */
  #keptOf(start: string): IntervalRows | null {
    const { before, columns, model, memory, name } = this.#request
    if (before?.content.kind !== 'files' || before.fingerprint !== model.meaning) return null
    if (signatureOf(before.columns) !== signatureOf(columns)) return null
    const { files, intervals = [] } = before.content
    return memory.ofFiles(
      name,
      files.filter((_, at) => intervals[at] === start),
    )
  }

  async #compute(toMake: readonly string[], known: Map<string, IntervalRows>): Promise<void> {
    const { signal, engine } = this.#request
    // A temporary table is of one connection.
    const isOneTable = this.#scans.size === 0
    const spare = isOneTable ? { borrow: () => undefined, giveBack: () => undefined } : this.#request.spare
    await spreadWork({
      pieces: groupsOf(toMake, isOneTable ? 1 : engine.connections.length),
      connection: this.#connection,
      spare,
      signal,
      work: async (starts, own) => this.#computeGroup(starts, own, known),
    })
  }

  /** The SQL is computed once for all intervals of a group, and each is finished on its own. */
  async #computeGroup(starts: readonly string[], connection: DuckDBConnection, known: Map<string, IntervalRows>): Promise<void> {
    const { engine, limit } = this.#request
    const finish = async (source: string, own: DuckDBConnection): Promise<void> => {
      for (const start of starts) if (!known.has(start)) known.set(start, await this.#finish(start, source, own))
    }
    if (starts.length === 1 || this.#scans.size === 0) return finish(this.#source, connection)
    const within = stretchesOf(starts, this.#unit).map(({ from, to }) => `(${withinInterval(this.#column, from, to)})`)
    const sql = `SELECT * FROM ${this.#source} WHERE ${within.join(' OR ')}`
    await engine.computed(connection, { sql, table: this.#temporary, limit }, async (own) => finish(this.#temporary, own))
  }

  async #finish(start: string, source: string, connection: DuckDBConnection): Promise<IntervalRows> {
    const { folder, signal, memory, name, nowMs } = this.#request
    signal.throwIfAborted()
    const key = this.#keyOf(start)
    const sql = `SELECT * FROM ${source} WHERE ${withinInterval(this.#column, start, nextInterval(start, this.#unit))}`
    const { files, rows, bytes } = await this.#write(connection, key, sql)
    if (rows === 0) removeFiles(folder, files)
    const known = memory.add(name, rows === 0 ? { key, files: [], rows, bytes: 0 } : { key, files, rows, bytes }, nowMs())
    reach('graph.after-interval')
    return known
  }

  #write(connection: DuckDBConnection, key: string, sql: string): Promise<WrittenRows> {
    const { name, run, model } = this.#request
    const stem = `versions/${name}/${run}-${hashOf(key).slice(0, 16)}`
    return writeRows(connection, { ...this.#request, stem, sql, layout: layoutOf(model.model.settings) })
  }

  async #contentOf(known: ReadonlyMap<string, IntervalRows>, computed: number): Promise<MadeContent> {
    const { columns, model } = this.#request
    const withRows = [...known].filter(([, { files }]) => files.length > 0).sort(([one], [other]) => (one < other ? -1 : 1))
    const files = withRows.flatMap(([, interval]) => interval.files)
    if (files.length === 0) {
      // A relation without rows has columns nevertheless.
      const key = hashOf(model.meaning, signatureOf(columns), 'no rows')
      const empty = await this.#write(this.#connection, key, `SELECT * FROM ${this.#source} WHERE false`)
      return { content: { kind: 'files', files: empty.files, intervals: [] }, rows: 0, bytes: empty.bytes, intervals: { computed, all: 0 } }
    }
    const sum = (of: (interval: IntervalRows) => number): number => withRows.reduce((total, [, interval]) => total + of(interval), 0)
    return {
      content: { kind: 'files', files, intervals: withRows.flatMap(([start, interval]) => interval.files.map(() => start)) },
      rows: sum(({ rows }) => rows),
      bytes: sum(({ bytes }) => bytes),
      intervals: { computed, all: withRows.length },
    }
  }

  async #rows(sql: string): Promise<unknown[][]> {
    return (await this.#connection.runAndReadAll(sql)).getRows()
  }
}

/** Intervals that are computed together: each query has a price, however few rows it yields. */
const GROUP_LIMIT = 64

/** Groups of neighbours, some for each connection, so that all of them have work until the end. */
function groupsOf(starts: readonly string[], connections: number): string[][] {
  const size = Math.min(GROUP_LIMIT, Math.ceil(starts.length / (connections * 4)))
  const groups: string[][] = []
  for (let at = 0; at < starts.length; at += size) groups.push(starts.slice(at, at + size))
  return groups
}

function startOf(time: string, unit: IntervalUnit): string {
  return `CAST(CAST(date_trunc('${unit}', ${time}) AS TIMESTAMP) AS VARCHAR)`
}
