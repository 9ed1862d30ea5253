/** Writes the code of any expression. Branches evaluate only what they need, as SQL's CASE and AND do. */
import { unreachable } from '@millrace/base'
import type { Choice } from '../expression/choice.ts'
import type { Comparison } from '../expression/comparison.ts'
import type { Expression } from '../expression/expression.ts'
import type { Membership } from '../expression/membership.ts'
import { Unsupported } from '../sql-error.ts'
import { emitCast } from './emit-cast.ts'
import { equalText, lessText } from './emit-comparison.ts'
import { emitForeign } from './emit-foreign.ts'
import { FUNCTIONS } from './functions.ts'
import { type KernelWriter, layoutOfExpression, NULL_TEXT, type Operand } from './kernel-writer.ts'

export function emit(writer: KernelWriter, expression: Expression): Operand {
  switch (expression.kind) {
    case 'column':
      return writer.column(expression.index, layoutOfExpression(expression.type))
    case 'constant':
      return writer.literal(expression.value, layoutOfExpression(expression.type))
    case 'cast':
      return emitCast(writer, expression, emit(writer, expression.input))
    case 'comparison':
      return emitComparison(writer, expression)
    case 'conjunction':
      return emitConjunction(writer, expression.operator, expression.inputs)
    case 'negation':
      return emitNegation(writer, expression.input)
    case 'nullTest':
      return emitNullTest(writer, expression.input, expression.negated)
    case 'membership':
      return emitMembership(writer, expression)
    case 'coalesce':
      return emitCoalesce(writer, expression.inputs, NULL_TEXT[layoutOfExpression(expression.type)])
    case 'choice':
      return emitChoice(writer, expression)
    case 'call': {
      const emitter = FUNCTIONS[expression.name]
      const inputs = expression.inputs.map((input) => emit(writer, input))
      const operand = emitter === undefined ? null : emitter(writer, expression, inputs)
      if (operand === null) throw new Unsupported(`the function ${describeCall(expression)}`, expression.place)
      return operand
    }
    case 'foreign':
      return emitForeign(
        writer,
        expression,
        expression.inputs.map((input) => emit(writer, input)),
      )
    default:
      return unreachable(expression, 'a kind of expression')
  }
}

function describeCall(expression: { readonly name: string; readonly inputs: readonly Expression[] }): string {
  return `${expression.name}(${expression.inputs.map((input) => input.type.kind).join(', ')})`
}

function emitComparison(writer: KernelWriter, expression: Comparison): Operand {
  const left = emit(writer, expression.left)
  const right = emit(writer, expression.right)
  const type = expression.left.type
  const [a, b] = [left.value, right.value]
  if (expression.operator === 'distinct' || expression.operator === 'notDistinct') {
    const value = writer.variable('false')
    const both = `${left.isNull} || ${right.isNull} ? ${left.isNull} === ${right.isNull} : ${equalText(type, a, b, expression.place)}`
    writer.line(`${value} = ${expression.operator === 'notDistinct' ? `(${both})` : `!(${both})`}`)
    return { value, isNull: 'false' }
  }
  const code = {
    equal: () => equalText(type, a, b, expression.place),
    notEqual: () => `!(${equalText(type, a, b, expression.place)})`,
    less: () => lessText(type, a, b, expression.place),
    lessOrEqual: () => `!(${lessText(type, b, a, expression.place)})`,
    greater: () => lessText(type, b, a, expression.place),
    greaterOrEqual: () => `!(${lessText(type, a, b, expression.place)})`,
  }[expression.operator]()
  return writer.strict([left, right], 'boolean', (result) => writer.line(`${result.value} = ${code}`))
}

function emitConjunction(writer: KernelWriter, operator: 'and' | 'or', inputs: readonly Expression[]): Operand {
  const value = writer.variable('false')
  const isNull = writer.variable('false')
  const start = operator === 'and'
  writer.line(`${value} = ${start}; ${isNull} = false`)
  for (const input of inputs) {
    writer.line(`if (${value} === ${start}) {`)
    const operand = emit(writer, input)
    writer.line(`if (${operand.isNull}) ${isNull} = true`)
    writer.line(`else if (${operand.value} !== ${start}) { ${value} = ${!start}; ${isNull} = false }`)
    writer.line('}')
  }
  return { value, isNull }
}

function emitNegation(writer: KernelWriter, input: Expression): Operand {
  const operand = emit(writer, input)
  return writer.strict([operand], 'boolean', (result) => writer.line(`${result.value} = !${operand.value}`))
}

function emitNullTest(writer: KernelWriter, input: Expression, negated: boolean): Operand {
  const operand = emit(writer, input)
  const value = writer.variable('false')
  writer.line(`${value} = ${negated ? '!' : ''}${operand.isNull}`)
  return { value, isNull: 'false' }
}

function emitMembership(writer: KernelWriter, expression: Membership): Operand {
  const input = emit(writer, expression.input)
  const candidates = expression.candidates.map((candidate) => emit(writer, candidate))
  const type = expression.input.type
  const result = { value: writer.variable('false'), isNull: writer.variable('false') }
  writer.line(`${result.value} = false; ${result.isNull} = ${input.isNull}`)
  writer.line(`if (!${result.isNull}) {`)
  for (const candidate of candidates) {
    writer.line(`if (!${result.value}) { if (${candidate.isNull}) ${result.isNull} = true`)
    writer.line(`else if (${equalText(type, input.value, candidate.value, expression.place)}) { ${result.value} = true } }`)
  }
  writer.line(`if (${result.value}) ${result.isNull} = false`)
  if (expression.negated) writer.line(`${result.value} = !${result.value}`)
  writer.line('}')
  return result
}

function emitCoalesce(writer: KernelWriter, inputs: readonly Expression[], nullText: string): Operand {
  const value = writer.variable(nullText)
  const isNull = writer.variable('true')
  writer.line(`${isNull} = true`)
  for (const input of inputs) {
    writer.line(`if (${isNull}) {`)
    const operand = emit(writer, input)
    writer.line(`if (!${operand.isNull}) { ${value} = ${operand.value}; ${isNull} = false }`)
    writer.line('}')
  }
  return { value, isNull }
}

function emitChoice(writer: KernelWriter, expression: Choice): Operand {
  const value = writer.variable(NULL_TEXT[layoutOfExpression(expression.type)])
  const isNull = writer.variable('false')
  for (const arm of expression.arms) {
    const when = emit(writer, arm.when)
    writer.line(`if (!${when.isNull} && ${when.value}) {`)
    const then = emit(writer, arm.then)
    writer.line(`${value} = ${then.value}; ${isNull} = ${then.isNull}`)
    writer.line('} else {')
  }
  const otherwise = emit(writer, expression.otherwise)
  writer.line(`${value} = ${otherwise.value}; ${isNull} = ${otherwise.isNull}`)
  writer.line('}'.repeat(expression.arms.length))
  return { value, isNull }
}
