import type { Call } from '../expression/call.ts'
import { intervalFromText } from '@millrace/core'
import type { ExpressionType } from '../duckdb-type.ts'
import { READ_PARTS, type TimeShift, TRUNCATED_PARTS } from './civil-time.ts'
import type { FunctionEmitter } from './functions.ts'
import type { KernelWriter, Operand } from './kernel-writer.ts'
import { rangeOf } from './type-range.ts'

/** The input as a timestamp, from which all parts follow. */
function asTimestamp(type: ExpressionType, operand: Operand, place: number | null): string | null {
  if (type.kind === 'timestamp') return operand.value
  return type.kind === 'date' ? `runtime.dateToTimestamp(${operand.value}, ${place ?? -1})` : null
}

function wordOf(call: Call): string | null {
  const [first] = call.inputs
  return first?.kind === 'constant' && typeof first.value === 'string' ? first.value.toLowerCase() : null
}

const truncate: FunctionEmitter = (writer, call, inputs) => {
  const part = TRUNCATED_PARTS.find((known) => known === wordOf(call))
  const [, input] = inputs
  const type = call.inputs[1]?.type
  if (part === undefined || input === undefined || type === undefined || call.type.kind !== 'timestamp') return null
  const micros = asTimestamp(type, input, call.place)
  if (micros === null) return null
  return writer.strict([input], 'integer', ({ value }) => {
    writer.line(`${value} = runtime.truncateTime('${part}', ${micros}, ${call.place ?? -1})`)
  })
}

/** An infinite date or time has no parts: NULL. */
function readPart(
  writer: KernelWriter,
  call: Call,
  { part, input, type }: { part: string; input: Operand; type: ExpressionType },
): Operand | null {
  const known = READ_PARTS.find((name) => name === part)
  const micros = asTimestamp(type, input, call.place)
  if (known === undefined || micros === null || call.type.kind !== 'int64') return null
  return writer.strict([input], 'integer', ({ value, isNull }) => {
    if (type.kind === 'date') {
      writer.line(`if (runtime.isInfiniteDate(${input.value})) { ${isNull} = true }`)
      writer.line(`else { ${value} = runtime.partOfDay('${known}', ${input.value}) }`)
      return
    }
    writer.line(`if (runtime.isInfiniteTime(${input.value})) { ${isNull} = true }`)
    writer.line(`else { ${value} = runtime.partOfTime('${known}', ${input.value}) }`)
  })
}

const namedPart: FunctionEmitter = (writer, call, inputs) => {
  const [, input] = inputs
  const type = call.inputs[1]?.type
  const part = wordOf(call)
  return part === null || input === undefined || type === undefined ? null : readPart(writer, call, { part, input, type })
}

function partFunction(part: string): FunctionEmitter {
  return (writer, call, inputs) => {
    const [input] = inputs
    const type = call.inputs[0]?.type
    return input === undefined || type === undefined ? null : readPart(writer, call, { part, input, type })
  }
}

/** A date or a timestamp, and a number of days or a constant interval. */
export function timeArithmetic(sign: 1 | -1): FunctionEmitter {
  return (writer, call, inputs) => {
    const [left, right] = call.inputs
    const [a, b] = inputs
    if (left === undefined || right === undefined || a === undefined || b === undefined) return null
    if (right.type.kind === 'interval')
      return shifted(writer, call, { time: a, type: left.type, interval: intervalOf(call, 1, sign), added: b, sign })
    if (left.type.kind === 'interval' && sign === 1) {
      return shifted(writer, call, { time: b, type: right.type, interval: intervalOf(call, 0, sign), added: a, sign })
    }
    if (left.type.kind === 'date' && right.type.kind === 'date' && sign === -1) return daysBetween(writer, call, inputs)
    if (left.type.kind === 'date' && right.type.kind === 'int32') return daysAdded(writer, call, { date: a, days: b, sign })
    return null
  }
}

function intervalOf(call: Call, at: number, sign: 1 | -1): TimeShift | null {
  const input = call.inputs[at]
  const interval = input?.kind === 'constant' ? intervalFromText(input.value) : null
  if (interval === null || typeof interval.micros === 'bigint') return null
  const { months, days, micros } = interval
  return { months: sign * months, days: sign * days, micros: sign * micros }
}

interface Shift {
  readonly time: Operand
  readonly type: ExpressionType
  /** Where it is a constant. */
  readonly interval: TimeShift | null
  readonly added: Operand
  readonly sign: 1 | -1
}

function shifted(writer: KernelWriter, call: Call, { time, type, interval, added, sign }: Shift): Operand | null {
  const micros = asTimestamp(type, time, call.place)
  if (micros === null || call.type.kind !== 'timestamp') return null
  if (interval === null) {
    const options = writer.keep({ sign, place: call.place ?? -1 })
    return writer.strict([time, added], 'integer', ({ value }) => {
      writer.line(`${value} = runtime.addIntervalText(${micros}, ${added.value}, ${options})`)
    })
  }
  const kept = writer.keep(interval)
  return writer.strict([time], 'integer', ({ value }) => {
    writer.line(`${value} = runtime.addInterval(${micros}, ${kept}, ${call.place ?? -1})`)
  })
}

/** DuckDB takes an infinite date for the number of days that stands for it. */
function daysBetween(writer: KernelWriter, call: Call, inputs: readonly Operand[]): Operand | null {
  const [left, right] = inputs
  if (left === undefined || right === undefined || call.type.kind !== 'int64') return null
  return writer.strict(inputs, 'integer', ({ value }) => {
    writer.line(`${value} = ${left.value} - ${right.value}`)
  })
}

function daysAdded(writer: KernelWriter, call: Call, { date, days, sign }: { date: Operand; days: Operand; sign: 1 | -1 }): Operand | null {
  if (call.type.kind !== 'date') return null
  const { max } = rangeOf({ kind: 'date' })
  return writer.strict([date, days], 'integer', ({ value }) => {
    writer.line(`${value} = runtime.isInfiniteDate(${date.value}) ? ${date.value} : ${date.value} ${sign === 1 ? '+' : '-'} ${days.value}`)
    writer.line(
      `if (!runtime.isInfiniteDate(${date.value}) && (${value} >= ${max} || ${value} <= -${max})) runtime.overflow('DATE', ${call.place ?? -1})`,
    )
  })
}

export const DATE: Readonly<Record<string, FunctionEmitter>> = {
  date_trunc: truncate,
  date_part: namedPart,
  year: partFunction('year'),
  quarter: partFunction('quarter'),
  month: partFunction('month'),
  week: partFunction('week'),
  day: partFunction('day'),
  dayofweek: partFunction('dow'),
  isodow: partFunction('isodow'),
  dayofyear: partFunction('doy'),
  hour: partFunction('hour'),
  minute: partFunction('minute'),
  second: partFunction('second'),
}
