/** The call of what DuckDB evaluates: a look-up of its results; the row is left where there is none yet. */
import { assert } from '@millrace/base'
import type { Layout, Type } from '@millrace/core'
import type { ExpressionType } from '../duckdb-type.ts'
import { type Foreign, foreignSql } from '../expression/foreign.ts'
import { ForeignSite } from '../foreign/foreign-site.ts'
import { shortcutOf } from '../shortcut/shortcut.ts'
import { Unsupported } from '../sql-error.ts'
import { type KernelWriter, layoutOfExpression, NULL_TEXT, type Operand } from './kernel-writer.ts'

const NO_TYPE = { kind: 'boolean' } as const

export function emitForeign(writer: KernelWriter, expression: Foreign, inputs: readonly Operand[]): Operand {
  // Only error(…) is of no type: it has no value but NULL.
  const output = expression.type.kind === 'null' ? NO_TYPE : columnType(expression.type, expression)
  const site = new ForeignSite({
    sql: foreignSql(expression.sql),
    inputs: expression.inputs.map((input) => columnType(input.type, expression)),
    output,
    label: expression.label,
    place: expression.place ?? -1,
  })
  const kept = writer.site(site)
  const layout = layoutOfExpression(output)
  const [value, isNull] = [writer.variable(NULL_TEXT[layout]), writer.variable('false')]
  const [key, found] = [writer.variable("''"), writer.variable('undefined')]
  const values = inputs.map((input) => nullable(input))
  const shortcut = expression.shortcut === null ? null : shortcutOf(expression.shortcut)
  if (shortcut !== null) {
    const isAnyNull = inputs.map((input) => input.isNull).join(' || ')
    writer.line(`${found} = ${isAnyNull} ? null : ${writer.keep(shortcut)}(${inputs.map((input) => input.value).join(', ')})`)
    writer.line(`if (${found} === undefined) {`)
  }
  writer.line(`${key} = ${keyText(expression, inputs, values)}`)
  writer.line(`${found} = ${kept}.find(${key})`)
  writer.line(`if (${found} === undefined) { ${kept}.want(${key}, [${values.join(', ')}]); continue }`)
  if (shortcut !== null) writer.line('}')
  writer.line(`${isNull} = ${found} === null`)
  writer.line(`if (!${isNull}) ${value} = ${found}`)
  return { value, isNull }
}

/** A type whose values can leave DuckDB. */
function columnType(type: ExpressionType, { label, place }: Foreign): Type {
  if (type.kind === 'foreign')
    throw new Unsupported(`${label}, a value of type ${type.name},`, place, 'Cast it to a plain type, or to JSON.')
  assert(type.kind !== 'null', 'an untyped NULL is a constant')
  return type
}

function nullable({ value, isNull }: Operand): string {
  if (isNull === 'false') return value
  return isNull === 'true' ? 'null' : `(${isNull} ? null : ${value})`
}

/** One plain input is its own key, which spares the making of a text. */
function keyText(expression: Foreign, inputs: readonly Operand[], values: readonly string[]): string {
  const [only, second] = inputs
  if (only === undefined) return "''"
  const layout: Layout = layoutOfExpression((expression.inputs[0] as Foreign['inputs'][number]).type)
  if (second !== undefined || layout === 'bytes') return `runtime.siteKey([${values.join(', ')}])`
  if (layout === 'text') return only.isNull === 'false' ? only.value : `(${only.isNull} ? 0 : ${only.value})`
  const number = layout === 'float' ? `(Object.is(${only.value}, -0) ? '-0' : ${only.value})` : only.value
  return only.isNull === 'false' ? number : `(${only.isNull} ? '' : ${number})`
}
