import type { Call } from '../expression/call.ts'
import type { FunctionEmitter } from './functions.ts'
import type { Operand } from './kernel-writer.ts'

/** A strict function of text: each input of the wanted kind, the result from one expression. */
function textFunction(
  kinds: string,
  code: (...inputs: string[]) => string,
  layout: 'text' | 'integer' | 'boolean' = 'text',
): FunctionEmitter {
  return (writer, call, inputs) => {
    if (kindsOf(call) !== kinds) return null
    return writer.strict(inputs, layout, ({ value }) => writer.line(`${value} = ${code(...inputs.map((input) => input.value))}`))
  }
}

/** `t` for text, `i` for a whole number, `?` for anything else. */
function kindsOf(call: Call): string {
  return call.inputs.map(({ type }) => (type.kind === 'text' ? 't' : type.kind === 'int64' || type.kind === 'int32' ? 'i' : '?')).join('')
}

function either(first: FunctionEmitter, second: FunctionEmitter): FunctionEmitter {
  return (writer, call, inputs) => first(writer, call, inputs) ?? second(writer, call, inputs)
}

/** CONCAT passes over NULLs. */
const concat: FunctionEmitter = (writer, call, inputs) => {
  if (!call.inputs.every((input) => input.type.kind === 'text')) return null
  const value = writer.variable("''")
  const parts = inputs.map((input: Operand) => (input.isNull === 'false' ? input.value : `(${input.isNull} ? '' : ${input.value})`))
  writer.line(`${value} = ${parts.length === 0 ? "''" : parts.join(' + ')}`)
  return { value, isNull: 'false' }
}

const upper = textFunction('t', (text) => `runtime.upperText(${text})`)
const lower = textFunction('t', (text) => `runtime.lowerText(${text})`)
const length = textFunction('t', (text) => `runtime.lengthOf(${text})`, 'integer')
const substring = either(
  textFunction('ti', (text, start) => `runtime.substring(${text}, ${start}, null)`),
  textFunction('tii', (text, start, count) => `runtime.substring(${text}, ${start}, ${count})`),
)
const startsWith = textFunction('tt', (text, part) => `${text}.startsWith(${part})`, 'boolean')
const endsWith = textFunction('tt', (text, part) => `${text}.endsWith(${part})`, 'boolean')
const placeOf = textFunction('tt', (text, part) => `runtime.placeOf(${text}, ${part})`, 'integer')

export const TEXT: Readonly<Record<string, FunctionEmitter>> = {
  '||': textFunction('tt', (left, right) => `${left} + ${right}`),
  concat,
  upper,
  ucase: upper,
  lower,
  lcase: lower,
  length,
  len: length,
  char_length: length,
  character_length: length,
  substring,
  substr: substring,
  left: textFunction('ti', (text, count) => `runtime.leftOf(${text}, ${count})`),
  right: textFunction('ti', (text, count) => `runtime.rightOf(${text}, ${count})`),
  trim: textFunction('t', (text) => `runtime.trimBoth(${text})`),
  ltrim: textFunction('t', (text) => `runtime.trimLeft(${text})`),
  rtrim: textFunction('t', (text) => `runtime.trimRight(${text})`),
  contains: textFunction('tt', (text, part) => `${text}.includes(${part})`, 'boolean'),
  starts_with: startsWith,
  prefix: startsWith,
  '^@': startsWith,
  ends_with: endsWith,
  suffix: endsWith,
  strpos: placeOf,
  instr: placeOf,
  position: placeOf,
  replace: textFunction('ttt', (text, part, by) => `runtime.replaceAll(${text}, ${part}, ${by})`),
  '~~': textFunction('tt', (text, pattern) => `runtime.isLike(${text}, ${pattern})`, 'boolean'),
  '~~*': textFunction('tt', (text, pattern) => `runtime.isLike(runtime.lowerText(${text}), runtime.lowerText(${pattern}))`, 'boolean'),
  '!~~*': textFunction('tt', (text, pattern) => `!runtime.isLike(runtime.lowerText(${text}), runtime.lowerText(${pattern}))`, 'boolean'),
  '!~~': textFunction('tt', (text, pattern) => `!runtime.isLike(${text}, ${pattern})`, 'boolean'),
}
