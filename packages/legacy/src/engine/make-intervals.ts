/**
 * The rows of a model that is kept by intervals of time, as one table. An interval is known by what the model means
 * and by the rows of its inputs that can matter to it: those whose rows are as they were are copied from the version
 * before, the others are computed, all in one statement.
 */
import {
  foldedName,
  type GraphColumn,
  hashOf,
  INTERVALS_LIMIT,
  type IntervalUnit,
  isWithinWindow,
  momentParts,
  type ServerContent,
  type ServerWork,
  signatureOf,
  stretchesOf,
} from '@millrace/batch/graph'
import { assert, MillraceError } from '@millrace/base'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { intervalScans, type Scan } from './interval-scans.ts'
import { qualified } from './names.ts'
import { rowsNow } from './rows-now.ts'
import type { Session } from './session.ts'
import { isSqlState } from './sql-problem.ts'

export interface IntervalsRequest extends Pick<ServerWork, 'model' | 'columns' | 'before' | 'window' | 'atMs'> {
  readonly sql: string
  /** The table that is made. */
  readonly address: string
  /** The schema of versions. */
  readonly versions: string
  /** The table of the version before; null where there is none. */
  readonly beforeTable: string | null
  /** Of equal ones all rows of the table are equal; null where that is not known yet. */
  readonly contentOf: (schema: string, table: string) => string | null
}

export interface MadeIntervals {
  readonly rows: number
  readonly intervals: NonNullable<ServerContent['intervals']>
  readonly computed: number
}

/** Above so many a list is shorter to compare with than stretches. */
const STRETCHES_MAX = 8
const FIRST = "'0001-01-01'"
const PAST_LAST = "'10000-01-01'"
const ROWS = 'pg_temp.millrace_rows'

/** Raises INTERVAL_UNKNOWN for a row without a time, INTERVALS_TOO_MANY. */
export async function makeIntervals(session: Session, request: IntervalsRequest): Promise<MadeIntervals> {
  return new IntervalsMaking(session, request).make()
}

class IntervalsMaking {
  readonly #session: Session
  readonly #request: IntervalsRequest
  readonly #unit: IntervalUnit
  readonly #column: GraphColumn
  #source: string
  /** Of tables whose every row may matter. */
  readonly #whole: string[] = []
  /** By scan and interval, what the table's rows there are. */
  readonly #slices = new Map<string, ReadonlyMap<string, string>>()

  constructor(session: Session, request: IntervalsRequest) {
    this.#session = session
    this.#request = request
    const { interval } = request.model.model.settings
    const column = request.columns.find(({ name }) => foldedName(name) === foldedName(interval?.column ?? ''))
    assert(interval !== null && column !== undefined, 'a checked model has the column of its interval')
    this.#unit = interval.unit
    this.#column = column
    this.#source = `(\n${request.sql}\n) AS millrace_rows`
  }

  async make(): Promise<MadeIntervals> {
    for (const scan of await intervalScans(this.#session, { ...this.#request, column: this.#column, unit: this.#unit }))
      await this.#know(scan)
    if (this.#slices.size === 0) {
      // If every interval needs all that the model reads, it is computed once and then divided.
      await this.#session.runOne(`CREATE TEMP TABLE millrace_rows ON COMMIT DROP AS\n${this.#request.sql}`)
      this.#source = ROWS
    }
    const intervals: [string, string][] = []
    const toMake: string[] = []
    const toCopy: string[] = []
    const kept = this.#kept()
    for (const start of await this.#starts()) {
      const isMeant = isWithinWindow(this.#request.window, start, this.#unit)
      const key = isMeant ? this.#keyOf(start) : kept.get(start)
      if (key === undefined) continue
      intervals.push([start, key])
      if (kept.get(start) === key) toCopy.push(start)
      else toMake.push(start)
    }
    return { rows: await this.#write(toMake, toCopy), intervals, computed: toMake.length }
  }

  async #know(scan: Scan): Promise<void> {
    const { schema, table, alias, time } = scan
    const slices = time === null ? null : await this.#slicesOf(scan, time)
    if (slices === null) {
      this.#whole.push(this.#request.contentOf(schema, table) ?? (await rowsNow(this.#session, `ONLY ${qualified(schema, table)}`)).content)
      return
    }
    // A version of a model has another table each time; its alias is the model's name.
    const name = schema === this.#request.versions ? alias : hashOf(schema, table, alias)
    this.#slices.set(hashOf(name, time ?? ''), slices)
  }

  /** A hash of the rows in each interval, whatever their order; null where the time is not one of this table's rows alone. */
  async #slicesOf({ schema, table, alias }: Scan, time: string): Promise<ReadonlyMap<string, string> | null> {
    const row = quoteIdentifier(alias)
    const hash = `count(*)::text || ' ' || sum(hashtextextended((${row}.*)::text, 0)::numeric)::text`
    await this.#session.run('SAVEPOINT millrace_slices')
    try {
      const rows = await this.#session.cells(
        `SELECT ${startOf(time, this.#unit)}, ${hash} FROM ONLY ${qualified(schema, table)} AS ${row}
         WHERE (${time}) >= ${FIRST} AND (${time}) < ${PAST_LAST} GROUP BY 1`,
      )
      await this.#session.run('RELEASE SAVEPOINT millrace_slices')
      return new Map(rows.map(([start, slice]) => [start ?? '', slice ?? '']))
    } catch (error) {
      if (!isSqlState(error)) throw error
      await this.#session.run('ROLLBACK TO SAVEPOINT millrace_slices')
      return null
    }
  }

  /** Intervals that the inputs have rows in, and others in which the model has rows nevertheless. */
  async #starts(): Promise<string[]> {
    const starts = new Set([...this.#slices.values()].flatMap((slices) => [...slices.keys()]))
    const column = quoteIdentifier(this.#column.name)
    const isOdd = `${column} IS NULL OR ${column} < ${FIRST} OR ${column} >= ${PAST_LAST}`
    const elsewhere = starts.size === 0 ? '' : `WHERE ${isOdd} OR NOT (${this.#within([...starts])})`
    const rows = await this.#session.cells(
      `SELECT CASE WHEN ${isOdd} THEN NULL ELSE ${startOf(column, this.#unit)} END, count(*)::text FROM ${this.#source} ${elsewhere} GROUP BY 1`,
    )
    const { name: model, file } = this.#request.model.model
    const details = { model, file, column: this.#column.name }
    for (const [start, count] of rows) {
      if (start === null || start === undefined)
        throw new MillraceError('INTERVAL_UNKNOWN', { details: { ...details, rows: Number(count) } })
      starts.add(start)
    }
    if (starts.size > INTERVALS_LIMIT)
      throw new MillraceError('INTERVALS_TOO_MANY', { details: { ...details, intervals: starts.size, limit: INTERVALS_LIMIT } })
    return [...starts].sort()
  }

  #keyOf(start: string): string {
    const slices = [...this.#slices].flatMap(([scan, of]) => (of.has(start) ? [scan, of.get(start) as string] : []))
    const { model, atMs } = this.#request
    return hashOf(start, ...momentParts(model.asked, atMs), ...slices, '', ...this.#whole)
  }

  /** What the version before has, if it means the same. */
  #kept(): ReadonlyMap<string, string> {
    const { before, beforeTable, model, columns } = this.#request
    const isSame = beforeTable !== null && before?.fingerprint === model.meaning && signatureOf(before.columns) === signatureOf(columns)
    return new Map(isSame && before.content.kind === 'server' ? before.content.intervals : [])
  }

  async #write(toMake: readonly string[], toCopy: readonly string[]): Promise<number> {
    const { address, beforeTable, columns } = this.#request
    const list = columns.map(({ name }) => quoteIdentifier(name)).join(', ')
    const made = await this.#session.runOne(`CREATE TABLE ${address} AS SELECT * FROM ${this.#source} WHERE ${this.#within(toMake)}`)
    if (toCopy.length === 0) return made
    const copy = `INSERT INTO ${address} (${list}) SELECT ${list} FROM ${beforeTable} AS millrace_before WHERE ${this.#within(toCopy)}`
    return made + (await this.#session.run(copy))
  }

  /** The rows of some intervals, of whatever has the model's column. */
  #within(starts: readonly string[]): string {
    if (starts.length === 0) return 'false'
    const column = quoteIdentifier(this.#column.name)
    const between = (from: string, to: string): string => `(${column} >= ${this.#moment(from)} AND ${column} < ${this.#moment(to)})`
    const stretches = stretchesOf(starts, this.#unit)
    if (stretches.length <= STRETCHES_MAX) return stretches.map(({ from, to }) => between(from, to)).join(' OR ')
    const all = between(stretches[0]?.from ?? '', stretches.at(-1)?.to ?? '')
    return `(${all} AND ${startOf(column, this.#unit)} = ANY(${quoteLiteral(`{${starts.map((start) => `"${start}"`).join(',')}}`)}))`
  }

  #moment(moment: string): string {
    const { type } = this.#column
    return `${quoteLiteral(type === 'TIMESTAMP WITH TIME ZONE' ? `${moment}+00` : moment)}::${type}`
  }
}

/** Sessions are in UTC. */
function startOf(time: string, unit: IntervalUnit): string {
  return `to_char(date_trunc('${unit}', ${time}), 'YYYY-MM-DD HH24:MI:SS')`
}
