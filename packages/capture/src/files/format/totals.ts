/**
 * What a file says about itself in its header or trailer, beside what was counted on the way. All of it is
 * whole numbers: a sum of decimals is exact. A record that was set aside counts too, as far as it could be
 * read: the file has it.
 */
import { MillraceError } from '@millrace/base'
import { type Batch, CELL, decimalToText, type Schema, type TotalFormat, valueAt, type Vector } from '@millrace/core'
import type { ParkedRow } from '../../parking/parked-record.ts'
import type { ControlTotal, RecordSchema } from './record-reader.ts'

/** A declared figure, as the whole number of its smallest units. */
export interface Figure {
  readonly unscaled: bigint
  readonly scale: number
  /** For people. */
  readonly text: string
  /** How many digits its field has: a hash total is cut to as many. */
  readonly digits: number
}

interface Counter {
  readonly format: TotalFormat
  readonly column: string | null
  /** By stream, where the column is. */
  readonly columns: ReadonlyMap<string | null, number>
  readonly scale: number
  sum: bigint
  /** Records whose value is not known. */
  unknown: number
  declared: Figure | 'unreadable' | null
}

export class Totals {
  readonly #counters: Counter[]

  constructor(formats: readonly TotalFormat[], schemas: readonly RecordSchema[], name: string) {
    this.#counters = formats.map((format) => counterOf(format, schemas, name))
  }

  get none(): boolean {
    return this.#counters.length === 0
  }

  add(stream: string | null, batch: Batch): void {
    for (const counter of this.#counters) {
      const column = counter.columns.get(stream)
      if (column === undefined) continue
      if (counter.column === null) counter.sum += BigInt(batch.count)
      else addColumn(counter, batch.after[column] as Vector, batch.count)
    }
  }

  addBad(stream: string | null, row: ParkedRow | null): void {
    for (const counter of this.#counters) {
      if (!counter.columns.has(stream)) continue
      if (counter.column === null) counter.sum += 1n
      else addParked(counter, row?.[counter.column])
    }
  }

  declare(at: number, figure: Figure | null): void {
    const counter = this.#counters[at]
    if (counter !== undefined) counter.declared = figure ?? 'unreadable'
  }

  end(): readonly ControlTotal[] {
    return this.#counters.map(judge)
  }

  /** For a mark, as plain JSON. */
  save(): readonly string[] {
    return this.#counters.map(({ sum, unknown, declared }) =>
      JSON.stringify([
        String(sum),
        unknown,
        declared === null || declared === 'unreadable'
          ? declared
          : [String(declared.unscaled), declared.scale, declared.text, declared.digits],
      ]),
    )
  }

  restore(saved: readonly string[]): void {
    for (const [at, counter] of this.#counters.entries()) {
      const [sum, unknown, declared] = JSON.parse(saved[at] ?? '["0",0,null]') as [
        string,
        number,
        null | 'unreadable' | [string, number, string, number],
      ]
      counter.sum = BigInt(sum)
      counter.unknown = unknown
      counter.declared = Array.isArray(declared)
        ? { unscaled: BigInt(declared[0]), scale: declared[1], text: declared[2], digits: declared[3] }
        : declared
    }
  }
}

function counterOf(format: TotalFormat, schemas: readonly RecordSchema[], name: string): Counter {
  const column = format.of === 'count' ? null : 'sum' in format.of ? format.of.sum : format.of.hash
  const columns = new Map<string | null, number>()
  let scale = 0
  for (const { stream, schema } of schemas) {
    if (format.records !== undefined && stream !== null && stream !== format.records) continue
    const at = column === null ? 0 : schema.columns.findIndex((candidate) => candidate.name === column)
    if (at < 0) continue
    if (column !== null) scale = Math.max(scale, scaleOf(format, schema, at, name))
    columns.set(stream, at)
  }
  if (columns.size === 0) throw invalid(name, `the total '${format.name}' is of '${column ?? format.records}', which does not exist`)
  return { format, column, columns, scale, sum: 0n, unknown: 0, declared: null }
}

function scaleOf(format: TotalFormat, schema: Schema, at: number, name: string): number {
  const type = schema.columns[at]?.type
  if (type?.kind === 'decimal') return type.scale
  const whole = type !== undefined && /^(u?int|hugeint)/.test(type.kind)
  if (!whole && !(type?.kind === 'text' && format.of !== 'count' && 'hash' in format.of)) {
    throw invalid(name, `the total '${format.name}' is of a column that has no exact sum`)
  }
  return 0
}

const CAREFUL = 2 ** 52

function addColumn(counter: Counter, vector: Vector, count: number): void {
  if (vector.layout !== 'integer' || isHash(counter)) {
    for (let row = 0; row < count; row += 1) {
      const value = valueAt(vector, row)
      if (value !== null && value !== undefined) counter.sum += amountOf(counter, String(value))
    }
    return
  }
  let sum = 0
  for (let row = 0; row < count; row += 1) {
    if (vector.cells !== null && vector.cells[row] !== CELL.VALUE) continue
    const value = vector.values[row] as number
    if (value > CAREFUL || value < -CAREFUL) {
      counter.sum += BigInt(value)
      continue
    }
    sum += value
    if (sum > CAREFUL || sum < -CAREFUL) {
      counter.sum += BigInt(sum)
      sum = 0
    }
  }
  counter.sum += BigInt(sum)
}

function addParked(counter: Counter, value: unknown): void {
  if (value === null) return
  if (typeof value !== 'string' && typeof value !== 'number') {
    counter.unknown += 1
    return
  }
  // A decimal of a parked row is text with its point.
  counter.sum += amountOf(counter, isHash(counter) ? String(value) : String(value).replace('.', ''))
}

function amountOf(counter: Counter, value: string): bigint {
  return isHash(counter) ? BigInt(value.replaceAll(/\D/g, '') || '0') : BigInt(value)
}

function isHash({ format }: Counter): boolean {
  return format.of !== 'count' && 'hash' in format.of
}

function judge(counter: Counter): ControlTotal {
  const { declared, scale, unknown, format } = counter
  const figure = declared === 'unreadable' ? null : declared
  // A hash total is as long as its field.
  const sum = isHash(counter) && figure !== null ? counter.sum % 10n ** BigInt(Math.max(figure.digits, 1)) : counter.sum
  const counted = `${decimalToText(sum, isHash(counter) ? 0 : scale)}${unknown > 0 ? ` and ${unknown} that cannot be read` : ''}`
  if (figure === null) return { name: format.name, declared: '', counted, ok: false }
  const common = Math.max(scale, figure.scale)
  const equal = isHash(counter)
    ? sum === figure.unscaled
    : sum * 10n ** BigInt(common - scale) === figure.unscaled * 10n ** BigInt(common - figure.scale)
  return { name: format.name, declared: figure.text.trim(), counted, ok: equal && unknown === 0 }
}

function invalid(name: string, problem: string): MillraceError {
  return new MillraceError('FILE_FORMAT_INVALID', { details: { name, problem } })
}
