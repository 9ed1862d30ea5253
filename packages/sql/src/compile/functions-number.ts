import type { Call } from '../expression/call.ts'
import { lessText } from './emit-comparison.ts'
import type { FunctionEmitter } from './functions.ts'
import { layoutOfExpression, NULL_TEXT } from './kernel-writer.ts'
import { isFloat, isWhole, rangeOf, scaleOf } from './type-range.ts'

const absolute: FunctionEmitter = (writer, call, inputs) => {
  const [input] = inputs
  if (input === undefined) return null
  if (isFloat(call.type)) return writer.strict([input], 'float', ({ value }) => writer.line(`${value} = Math.abs(${input.value})`))
  if (!isWhole(call.type)) return null
  const range = writer.keep(rangeOf(call.type))
  return writer.strict([input], 'integer', ({ value }) => {
    writer.line(`${value} = ${input.value} < 0 ? runtime.subtractExact(0, ${input.value}, ${range}, ${call.place ?? -1}) : ${input.value}`)
  })
}

/** FLOOR and CEIL drop all digits; ROUND drops what its second argument, a constant, does not keep. */
function rounding(whole: string, float: string): FunctionEmitter {
  return (writer, call, inputs) => {
    const [input] = inputs
    const from = call.inputs[0]?.type
    if (input === undefined || from === undefined) return null
    const digits = digitsKept(call)
    if (digits === null) return null
    if (from.kind === 'float64' && digits === 0 && call.inputs.length === 1) {
      return writer.strict([input], 'float', ({ value }) => writer.line(`${value} = ${float}(${input.value})`))
    }
    if (from.kind !== 'decimal' || digits < 0) return null
    const dropped = scaleOf(from) - scaleOf(call.type)
    if (dropped < 0) return null
    const range = writer.keep(rangeOf(call.type))
    return writer.strict([input], 'integer', ({ value }) => {
      writer.line(
        `${value} = ${dropped === 0 ? input.value : `runtime.${whole}(${input.value}, ${dropped}, ${range}, ${call.place ?? -1})`}`,
      )
    })
  }
}

function digitsKept(call: Call): number | null {
  const second = call.inputs[1]
  if (second === undefined) return 0
  return second.kind === 'constant' && typeof second.value === 'number' ? second.value : null
}

/** GREATEST and LEAST pass over NULLs. */
function extreme(wanted: 'greatest' | 'least'): FunctionEmitter {
  return (writer, call, inputs) => {
    const kind = call.type.kind
    if (!call.inputs.every((input) => input.type.kind === kind)) return null
    const layout = layoutOfExpression(call.type)
    const value = writer.variable(NULL_TEXT[layout])
    const isNull = writer.variable('true')
    writer.line(`${isNull} = true`)
    for (const input of inputs) {
      const [a, b] = wanted === 'greatest' ? [value, input.value] : [input.value, value]
      const better = lessText(call.type, a, b, call.place)
      writer.line(`if (!${input.isNull} && (${isNull} || ${better})) { ${value} = ${input.value}; ${isNull} = false }`)
    }
    return { value, isNull }
  }
}

const ceiling = rounding('raiseDigits', 'Math.ceil')

export const NUMBER: Readonly<Record<string, FunctionEmitter>> = {
  abs: absolute,
  '@': absolute,
  floor: rounding('floorDigits', 'Math.floor'),
  ceil: ceiling,
  ceiling,
  round: rounding('dropDigits', 'runtime.roundFloat'),
  greatest: extreme('greatest'),
  least: extreme('least'),
}
