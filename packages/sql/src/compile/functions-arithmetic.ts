import type { Call } from '../expression/call.ts'
import type { FunctionEmitter } from './functions.ts'
import type { KernelWriter, Operand } from './kernel-writer.ts'
import { isFloat, isWhole, rangeOf, safeBounds } from './type-range.ts'

/** Whole numbers and decimals: a double while it is exact, the exact function beyond. */
function wholeOperator(symbol: '+' | '-' | '*', exact: string): FunctionEmitter {
  return (writer, call, inputs) => {
    const [left, right] = inputs
    if (left === undefined || right === undefined) return null
    const range = rangeOf(call.type)
    const { least, greatest } = safeBounds(range)
    const kept = writer.keep(range)
    const [a, b] = [left.value, right.value]
    // Adding 0 turns the -0 of `0 * -5` into 0: whole numbers have one zero.
    const fast = symbol === '*' ? `${a} * ${b} + 0` : `${a} ${symbol} ${b}`
    return writer.strict([left, right], 'integer', ({ value }) => {
      writer.line(`${value} = typeof ${a} === 'number' && typeof ${b} === 'number' ? ${fast} : NaN`)
      writer.line(
        `if (!(${value} <= ${greatest} && ${value} >= ${least})) ${value} = runtime.${exact}(${a}, ${b}, ${kept}, ${call.place ?? -1})`,
      )
    })
  }
}

function floatOperator(symbol: string): FunctionEmitter {
  return (writer, call, inputs) => {
    const [left, right] = inputs
    if (left === undefined || right === undefined) return null
    const code = `${left.value} ${symbol} ${right.value}`
    const rounded = call.type.kind === 'float32' ? `Math.fround(${code})` : code
    return writer.strict([left, right], 'float', ({ value }) => writer.line(`${value} = ${rounded}`))
  }
}

function byType(whole: FunctionEmitter, float: FunctionEmitter): FunctionEmitter {
  return (writer, call, inputs) => {
    if (inputs.length !== 2 || !sameKinds(call)) return null
    if (isWhole(call.type)) return whole(writer, call, inputs)
    return isFloat(call.type) ? float(writer, call, inputs) : null
  }
}

/** The binder has cast both inputs to fit; anything else is another function of the same name. */
function sameKinds(call: Call): boolean {
  return call.inputs.every((input) => (isWhole(call.type) ? isWhole(input.type) : input.type.kind === call.type.kind))
}

const negate: FunctionEmitter = (writer, call, inputs) => {
  const [input] = inputs
  if (input === undefined) return null
  if (isFloat(call.type)) return writer.strict([input], 'float', ({ value }) => writer.line(`${value} = -${input.value}`))
  // DuckDB lets unsigned numbers wrap around here: refused, because nobody means it.
  if (!isWhole(call.type) || call.type.kind.startsWith('uint')) return null
  const range = writer.keep(rangeOf(call.type))
  return writer.strict([input], 'integer', ({ value }) => {
    writer.line(`${value} = runtime.subtractExact(0, ${input.value}, ${range}, ${call.place ?? -1})`)
  })
}

/** Division by zero is NULL. */
function divisionOperator(code: (writer: KernelWriter, call: Call, left: Operand, right: Operand) => string): FunctionEmitter {
  return (writer, call, inputs) => {
    const [left, right] = inputs
    if (left === undefined || right === undefined || !isWhole(call.type) || !sameKinds(call)) return null
    return writer.strict([left, right], 'integer', ({ value, isNull }) => {
      writer.line(`if (${right.value} == 0) { ${isNull} = true } else { ${value} = ${code(writer, call, left, right)} }`)
    })
  }
}

const subtract = byType(wholeOperator('-', 'subtractExact'), floatOperator('-'))

const divide: FunctionEmitter = (writer, call, inputs) =>
  inputs.length === 2 && isFloat(call.type) && sameKinds(call) ? floatOperator('/')(writer, call, inputs) : null

const wholeRemainder = divisionOperator(
  (writer, call, left, right) =>
    `runtime.remainderExact(${left.value}, ${right.value}, ${writer.keep(rangeOf(call.type))}, ${call.place ?? -1})`,
)
const remainder: FunctionEmitter = (writer, call, inputs) =>
  call.type.kind === 'float64' && sameKinds(call) ? floatOperator('%')(writer, call, inputs) : wholeRemainder(writer, call, inputs)

export const ARITHMETIC: Readonly<Record<string, FunctionEmitter>> = {
  '+': byType(wholeOperator('+', 'addExact'), floatOperator('+')),
  '-': (writer, call, inputs) => (inputs.length === 1 ? negate(writer, call, inputs) : subtract(writer, call, inputs)),
  '*': byType(wholeOperator('*', 'multiplyExact'), floatOperator('*')),
  '/': divide,
  '//': divisionOperator(
    (writer, call, left, right) =>
      `runtime.divideExact(${left.value}, ${right.value}, ${writer.keep(rangeOf(call.type))}, ${call.place ?? -1})`,
  ),
  '%': remainder,
  mod: remainder,
}
