import { call } from '../expression/call.ts'
import type { Expression } from '../expression/expression.ts'
import type { FunctionEmitter } from './functions.ts'

const NAME = 'value of one row'

/** A value that is the answer only where it comes from one row at most; else there is none. No function of SQL has this name. */
export function valueOfOneRow(value: Expression, count: Expression, place: number | null): Expression {
  return call(NAME, [value, count], { type: value.type, place })
}

const emitValueOfOneRow: FunctionEmitter = (writer, { place }, inputs) => {
  const [value, count] = inputs
  if (value === undefined || count === undefined) return null
  const problem = JSON.stringify('a scalar subquery yields several rows')
  writer.line(`if (${count.value} > 1) runtime.fail(${problem}, ${place ?? -1})`)
  return value
}

export const SINGLE: Readonly<Record<string, FunctionEmitter>> = { [NAME]: emitValueOfOneRow }
