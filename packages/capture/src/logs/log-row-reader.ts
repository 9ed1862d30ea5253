/** What a log's record says, as a row. */
import { MillraceError } from '@millrace/base'
import { type Column, type LogFormat, type LogsSource, type Schema, type Value } from '@millrace/core'
import { type CellType, cellTypeOf } from '../files/format/value/cell-type.ts'
import { columnFormat, typeOfName } from '../files/format/schema-of-format.ts'
import type { LogRecord } from './record-cutter.ts'

export interface LogRow {
  readonly values: readonly Value[]
  readonly timeMicros: number | null
}

/** Every row also tells where it stands, unless the format has columns of these names. */
const FILE = 'file'
const POSITION = 'position'

interface Cell {
  readonly column: Column
  readonly type: CellType
}

export class LogRowReader {
  readonly schema: Schema
  readonly #name: string
  readonly #format: LogFormat
  readonly #pattern: RegExp | null
  readonly #cells: readonly Cell[]
  readonly #extra: readonly string[]
  readonly #time: number
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

  constructor(name: string, { format }: Pick<LogsSource, 'format'>) {
    this.#name = name
    this.#format = format
    this.#pattern = format.type === 'pattern' ? whole(format.pattern) : null
    this.#cells = cellsOf(name, format, this.#pattern)
    const names = this.#cells.map(({ column }) => column.name)
    this.#extra = [FILE, POSITION].filter((extra) => !names.includes(extra))
    const extra: Column[] = this.#extra.map((column) => ({
      name: column,
      type: { kind: column === FILE ? 'text' : 'int64' },
      nullable: false,
    }))
    this.schema = { columns: [...this.#cells.map(({ column }) => column), ...extra], key: [] }
    this.#time = format.type === 'line' || format.time === undefined ? -1 : names.indexOf(format.time)
    if (format.type !== 'line' && format.time !== undefined) this.#checkTime(format.time)
  }

  /** The row, or one sentence on why there is none. */
  read(record: LogRecord, path: string): LogRow | string {
    let text: string
    try {
      text = this.#decoder.decode(record.bytes)
    } catch {
      return 'It is not UTF-8.'
    }
    const told = this.#textsOf(text)
    if (typeof told === 'string') return told
    const values: Value[] = []
    for (const [at, { column, type }] of this.#cells.entries()) {
      const cell = told[at]
      const value = cell === null || cell === undefined ? null : type.read(cell)
      if (value === undefined) return `${column.name} is no ${column.sourceType ?? column.type.kind}.`
      if (value === null && !column.nullable) return `${column.name} is missing.`
      values.push(value)
    }
    const time = this.#time === -1 ? null : values[this.#time]
    for (const extra of this.#extra) values.push(extra === FILE ? path : record.start)
    return { values, timeMicros: time === null || time === undefined ? null : Number(time) }
  }

  #textsOf(text: string): readonly (string | null | undefined)[] | string {
    if (this.#format.type === 'line') return [text]
    if (this.#pattern === null) return jsonTexts(text, this.#cells)
    const groups = this.#pattern.exec(text)?.groups
    if (groups === undefined) return 'It does not fit the pattern.'
    return this.#cells.map(({ column }) => groups[column.name])
  }

  #checkTime(time: string): void {
    const kind = this.#cells[this.#time]?.column.type.kind
    if (kind === 'timestamp' || kind === 'timestamptz') return
    const place = `\`sources.${this.#name}.format.time\``
    const problem = `${place} names '${time}', which is no column of type timestamp or timestamptz`
    throw new MillraceError('CONFIG_INVALID', { details: { file: 'millrace.config.ts', problem, place } })
  }
}

/** It must fit the whole record, in which a dot may stand for a line end. */
function whole(pattern: string | RegExp): RegExp {
  const { source, flags } = typeof pattern === 'string' ? new RegExp(pattern) : pattern
  return new RegExp(`^(?:${source})$`, `${flags.replaceAll(/[gys]/g, '')}s`)
}

function cellsOf(name: string, format: LogFormat, pattern: RegExp | null): readonly Cell[] {
  if (format.type === 'line') return [cellFor(name, 'text', { type: 'text', nullable: false })]
  const declared = Object.entries(format.columns ?? {})
  if (format.type === 'json' && declared.length === 0) return [cellFor(name, 'record', { type: 'json', nullable: false })]
  if (format.type === 'json') return declared.map(([column, given]) => cellFor(name, column, columnFormat(given)))
  const groups = groupsOf(pattern as RegExp)
  const foreign = declared.find(([column]) => !groups.includes(column))?.[0]
  if (foreign !== undefined) {
    const place = `\`sources.${name}.format.columns\``
    const problem = `${place} names '${foreign}', which is no group of the pattern`
    throw new MillraceError('CONFIG_INVALID', { details: { file: 'millrace.config.ts', problem, place } })
  }
  return groups.map((group) => cellFor(name, group, columnFormat(format.columns?.[group] ?? 'text')))
}

/** The names of its groups, which only a match tells: one that fits nothing matches with all of them undefined. */
function groupsOf(pattern: RegExp): string[] {
  return Object.keys(new RegExp(`${pattern.source}|`, pattern.flags).exec('')?.groups ?? {})
}

function cellFor(source: string, name: string, { type, format, nullable = true }: ReturnType<typeof columnFormat>): Cell {
  const known = typeOfName(type, source)
  return { column: { name, type: known, nullable, sourceType: type }, type: cellTypeOf(known, { name: source, format }) }
}

/** Each member as text, exactly as it stands where a double would not hold it. */
function jsonTexts(text: string, cells: readonly Cell[]): readonly (string | null | undefined)[] | string {
  const parsed = parse(text)
  if (parsed === undefined) return 'It is not JSON.'
  const [first] = cells
  if (cells.length === 1 && first?.column.name === 'record' && first.column.type.kind === 'json') return [text]
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) return 'It is not a JSON object.'
  const members = parsed as Record<string, unknown>
  const isInexact = cells.some(({ column }) => typeof members[column.name] === 'number' && !Number.isSafeInteger(members[column.name]))
  const exact = isInexact
    ? (parse(text, (_, value, { source }) => (typeof value === 'number' ? new Exact(source) : value)) as typeof members)
    : members
  return cells.map(({ column }) => memberText(exact[column.name], column))
}

/** Not in TypeScript's library yet. */
const rawJson = (text: string): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text)

class Exact {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Reviver = (key: string, value: unknown, context: { source: string }) => unknown

function parse(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1])
  } catch {
    return undefined
  }
}

function memberText(value: unknown, { type }: Column): string | null {
  if (value === undefined || value === null) return null
  if (value instanceof Exact) return value.text
  if (type.kind === 'json') return JSON.stringify(value, (_, each: unknown) => (each instanceof Exact ? rawJson(each.text) : each))
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
