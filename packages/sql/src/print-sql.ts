/**
 * A bound expression as SQL that DuckDB binds to the same functions again: every input is cast to the type
 * that the binder gave it, operators are called by their names, and types are written out.
 */
import { assert } from '@millrace/base'
import {
  entriesOf,
  innerValues,
  type MapType,
  type NestedType,
  sqlNameOf,
  type Type,
  type Value,
  valueFromJson,
  valueToText,
} from '@millrace/core'
import { nameOf } from './duckdb-type.ts'
import type { Call, Lambda } from './expression/call.ts'
import type { Choice } from './expression/choice.ts'
import type { ComparisonOperator } from './expression/comparison.ts'
import type { Constant } from './expression/constant.ts'
import type { Expression } from './expression/expression.ts'
import type { Foreign } from './expression/foreign.ts'
import { instantText } from './instant-text.ts'
import { quoteIdentifier, quoteLiteral } from './identifier.ts'
import { Unsupported } from './sql-error.ts'

type Parts = Foreign['sql']

export interface PrintOptions {
  /** Whether a strict function's input that is computed already is handed over, rather than printed too. */
  isInput(expression: Expression): boolean
}

export interface Printed {
  readonly sql: Parts
  readonly inputs: readonly Expression[]
}

export function printSql(expression: Expression, options: PrintOptions): Printed {
  const printer = new Printer(options)
  const sql = printer.whole(expression)
  return { sql: joined(sql), inputs: printer.inputs }
}

const COMPARISON_SQL: Readonly<Record<ComparisonOperator, string>> = {
  equal: '=',
  notEqual: '<>',
  less: '<',
  lessOrEqual: '<=',
  greater: '>',
  greaterOrEqual: '>=',
  distinct: 'IS DISTINCT FROM',
  notDistinct: 'IS NOT DISTINCT FROM',
}

class Printer {
  readonly inputs: Expression[] = []
  readonly #options: PrintOptions
  /** What the columns of a lambda's body are, innermost last. */
  readonly #frames: (readonly Parts[])[] = []
  #lambdas = 0
  /** Within what DuckDB may leave out, or catch the errors of, everything is its to evaluate. */
  #lazyDepth = 0

  constructor(options: PrintOptions) {
    this.#options = options
  }

  /** The expression itself is printed, even if it could be an input. */
  whole(expression: Expression): Parts {
    switch (expression.kind) {
      case 'column':
        return this.#column(expression)
      case 'constant':
        return [literalSql(expression)]
      case 'cast': {
        const word = expression.lenient ? 'TRY_CAST' : 'CAST'
        return [`${word}(`, ...this.#part(expression.input), ` AS ${nameOf(expression.type)})`]
      }
      case 'comparison':
        return this.#infix([expression.left, expression.right], COMPARISON_SQL[expression.operator])
      case 'conjunction':
        return this.#lazily(() => this.#infix(expression.inputs, expression.operator.toUpperCase()))
      case 'negation':
        return ['(NOT ', ...this.#part(expression.input), ')']
      case 'nullTest':
        return ['(', ...this.#part(expression.input), expression.negated ? ' IS NOT NULL)' : ' IS NULL)']
      case 'membership': {
        const word = expression.negated ? ' NOT IN ' : ' IN '
        return ['(', ...this.#part(expression.input), word, ...this.#list('', expression.candidates), ')']
      }
      case 'coalesce':
        return this.#lazily(() => this.#list('COALESCE', expression.inputs))
      case 'choice':
        return this.#lazily(() => this.#choice(expression))
      case 'call':
        return this.#call(expression)
      case 'foreign':
        return expression.sql.flatMap((part) => (typeof part === 'string' ? [part] : this.#part(expression.inputs[part] as Expression)))
    }
  }

  #part(expression: Expression): Parts {
    const isOuter = this.#frames.length === 0 && this.#lazyDepth === 0
    return isOuter && this.#options.isInput(expression) ? [this.#input(expression)] : this.whole(expression)
  }

  #lazily(print: () => Parts): Parts {
    this.#lazyDepth += 1
    const parts = print()
    this.#lazyDepth -= 1
    return parts
  }

  #input(expression: Expression): number {
    const text = inputText(expression)
    const known = this.inputs.findIndex((input) => inputText(input) === text)
    return known >= 0 ? known : this.inputs.push(expression) - 1
  }

  #column(expression: Expression & { readonly kind: 'column' }): Parts {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return [this.#input(expression)]
    const found = frame[expression.index]
    if (found === undefined) throw new Unsupported('a lambda of this shape', expression.place)
    return found
  }

  #infix(inputs: readonly Expression[], operator: string): Parts {
    return ['(', ...inputs.flatMap((input, at) => [...(at === 0 ? [] : [` ${operator} `]), ...this.#part(input)]), ')']
  }

  #list(name: string, inputs: readonly Expression[]): Parts {
    return [`${name}(`, ...inputs.flatMap((input, at) => [...(at === 0 ? [] : [', ']), ...this.#part(input)]), ')']
  }

  /** An open end is an empty list in the plan; only the brackets can say it. */
  #slice(inputs: readonly Expression[]): Parts {
    const [list, begin, end, step] = inputs
    const bound = (input: Expression | undefined, open: string): Parts =>
      input === undefined || isOpenEnd(input) ? [open] : this.#part(input)
    const printed = ['((', ...this.#part(list as Expression), ')[', ...bound(begin, ''), ':']
    if (step === undefined) return [...printed, ...bound(end, ''), '])']
    return [...printed, ...bound(end, '-'), ':', ...this.#part(step), '])']
  }

  #choice({ arms, otherwise }: Choice): Parts {
    const printed = arms.flatMap(({ when, then }) => [' WHEN ', ...this.#part(when), ' THEN ', ...this.#part(then)])
    return ['(CASE', ...printed, ' ELSE ', ...this.#part(otherwise), ' END)']
  }

  #call(call: Call): Parts {
    if (call.lambda !== null) return this.#withLambda(call, call.lambda)
    if (call.name === 'struct_pack') return this.#struct(call)
    // The name of a field must be a plain literal.
    if (call.name === 'struct_extract' && call.inputs[1]?.kind === 'constant' && typeof call.inputs[1].value === 'string') {
      return ['struct_extract(', ...this.#part(call.inputs[0] as Expression), `, ${quoteLiteral(call.inputs[1].value)})`]
    }
    if (call.name === 'array_slice') return this.#slice(call.inputs)
    return this.#list(quoteIdentifier(call.name), call.inputs)
  }

  #struct({ type, inputs, place }: Call): Parts {
    if (type.kind !== 'struct') {
      const hasUntyped = inputs.some((input) => input.type.kind === 'null')
      const way = hasUntyped ? 'Give each NULL in it a type, such as NULL::VARCHAR.' : 'Give every field a name of its own.'
      throw new Unsupported(`a value of type ${nameOf(type)}`, place, way)
    }
    const fields = inputs.flatMap((input, at) => [
      `${at === 0 ? '' : ', '}${quoteIdentifier(type.fields[at]?.name ?? '')} := `,
      ...this.#part(input),
    ])
    return ['struct_pack(', ...fields, ')']
  }

  /** The body's columns are the parameters, last first, and then what it takes from around it. */
  #withLambda(call: Call, lambda: Lambda): Parts {
    const [list, ...others] = call.inputs
    assert(list !== undefined, 'a lambda goes over a list')
    const initial = lambda.hasInitial ? others.slice(0, 1) : []
    const names = Array.from({ length: lambda.parameterCount }, () => `p${(this.#lambdas += 1)}`)
    return this.#lazily(() => {
      const captured = others.slice(initial.length).map((input) => this.#part(input))
      const printedList = this.#part(list)
      const printedInitial = initial.flatMap((input) => [', ', ...this.#part(input)])
      this.#frames.push([...names.toReversed().map((name) => [name]), ...captured])
      const body = this.whole(lambda.body)
      this.#frames.pop()
      return [`${quoteIdentifier(call.name)}(`, ...printedList, `, lambda ${names.join(', ')}: `, ...body, ...printedInitial, ')']
    })
  }
}

function isOpenEnd(input: Expression): boolean {
  return input.kind === 'constant' && input.type.kind === 'list' && input.value === '[]'
}

/** Equal for expressions that mean the same. */
function inputText(expression: Expression): string {
  return JSON.stringify(expression, (key, value: unknown) =>
    key === 'place' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
  )
}

function joined(parts: Parts): Parts {
  const result: (string | number)[] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (typeof part === 'string' && typeof last === 'string') result[result.length - 1] = last + part
    else result.push(part)
  }
  return result
}

function literalSql({ value, type, place }: Constant): string {
  if (value === null) return type.kind === 'null' ? 'NULL' : `CAST(NULL AS ${nameOf(type)})`
  if (type.kind === 'foreign' || type.kind === 'null') throw new Unsupported(`a constant of type ${nameOf(type)}`, place)
  return valueSql(type, value)
}

/** A value as SQL of exactly its type. */
export function valueSql(type: Type, value: Value): string {
  if (value === null) return `CAST(NULL AS ${sqlNameOf(type)})`
  switch (type.kind) {
    case 'bytes':
      return `from_hex('${Buffer.from(value as Uint8Array).toString('hex')}')`
    case 'list':
    case 'struct':
      return `CAST(${nestedSql(type, value as string)} AS ${sqlNameOf(type)})`
    case 'map':
      return `map_from_entries(${valueSql(entriesOf(type), value)})`
    case 'timestamp':
    case 'timestamptz':
      return `CAST(${quoteLiteral(instantText(type, value))} AS ${sqlNameOf(type)})`
    default:
      return `CAST(${textSql(valueToText(type, value))} AS ${sqlNameOf(type)})`
  }
}

/** DuckDB takes a statement to end at a NUL. */
function textSql(text: string): string {
  return text.includes('\0') ? `decode(from_hex('${Buffer.from(text).toString('hex')}'))` : quoteLiteral(text)
}

function nestedSql(type: Exclude<NestedType, MapType>, text: string): string {
  const items = innerValues(type, text).map(([inner, json]) => valueSql(inner, valueFromJson(inner, json)))
  if (type.kind === 'list') return `[${items.join(', ')}]`
  return `struct_pack(${type.fields.map(({ name }, at) => `${quoteIdentifier(name)} := ${items[at]}`).join(', ')})`
}
