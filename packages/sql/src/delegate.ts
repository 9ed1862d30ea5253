/**
 * Decides who computes each part of an expression: the binder's constants DuckDB at once; what our compiler
 * has exact code for, the compiler; the rest DuckDB, for the inputs that come. A part that DuckDB computes
 * is as large as it can be, because its inner values may have types that only DuckDB knows.
 */
import { assert } from '@millrace/base'
import { sameType } from '@millrace/core'
import { emit } from './compile/emit.ts'
import { KernelWriter, layoutOfExpression } from './compile/kernel-writer.ts'
import { nameOf, typeOfDuckdb } from './duckdb-type.ts'
import { columnReference } from './expression/column-reference.ts'
import { constant } from './expression/constant.ts'
import { type Expression, inputsOf, withInputs } from './expression/expression.ts'
import { type Foreign, foreignSql, type ShortcutCall } from './expression/foreign.ts'
import { readDuckdbValue } from './duckdb-value.ts'
import { requireConsistent } from './function-stability.ts'
import type { Planner } from './planner.ts'
import { printSql } from './print-sql.ts'
import { distanceName } from './shortcut/distance-shortcut.ts'
import { shortcutOf } from './shortcut/shortcut.ts'
import { Unsupported } from './sql-error.ts'

export async function delegate(expression: Expression, planner: Planner): Promise<Expression> {
  const divided = await divide(expression, planner)
  await verify(divided, planner)
  return divided
}

async function divide(expression: Expression, planner: Planner): Promise<Expression> {
  const inputs: Expression[] = []
  for (const input of inputsOf(expression)) inputs.push(await divide(input, planner))
  const divided = withInputs(expression, inputs)
  const folded = await fold(divided, planner)
  if (folded !== null) return folded
  return isNative(divided) ? divided : await toForeign(expression, divided, planner)
}

/** Whether our compiler has code for it. Which inputs are constants may decide that. */
function isNative(expression: Expression): boolean {
  if (expression.kind === 'foreign') return true
  try {
    layoutOfExpression(expression.type)
    const inputs = inputsOf(expression).map((input, at) => {
      layoutOfExpression(input.type)
      return input.kind === 'constant' ? input : columnReference(at, input.type)
    })
    emit(new KernelWriter(), withInputs(expression, inputs))
    return true
  } catch (error) {
    if (error instanceof Unsupported) return false
    throw error
  }
}

/** The value of what stands on constants alone; null where it has none, and raises where it is met. */
async function fold(expression: Expression, planner: Planner): Promise<Expression | null> {
  if (expression.kind !== 'cast' && expression.kind !== 'call' && expression.kind !== 'foreign') return null
  if (expression.type.kind === 'foreign' || expression.type.kind === 'null') return null
  if (!inputsOf(expression).every((input) => input.kind === 'constant')) return null
  await requireAllConsistent(expression, planner)
  try {
    const { sql, inputs } = printSql(expression, { isInput: () => false })
    assert(inputs.length === 0, 'constants need no input')
    const [value] = await planner.evaluate([foreignSql(sql)])
    const read = readDuckdbValue(value)
    return read === undefined ? null : constant(read, expression.type, expression.place)
  } catch {
    return null
  }
}

/** `original` is the same before its inputs were divided. */
async function toForeign(original: Expression, divided: Expression, planner: Planner): Promise<Expression> {
  await requireAllConsistent(original, planner)
  const label = labelOf(original)
  const { sql, inputs } = printSql(divided, { isInput })
  for (const input of inputs) {
    if (input.type.kind === 'foreign')
      throw new Unsupported(`a column of type ${input.type.name}`, input.place, 'Cast it to a plain type, or to JSON, where it is made.')
  }
  const made: Foreign = {
    kind: 'foreign',
    type: original.type,
    place: original.place,
    sql,
    inputs,
    label,
    shortcut: splitItem(original, divided, inputs) ?? distance(original, divided, inputs) ?? shortcutCall(divided, inputs),
  }
  return (await fold(made, planner)) ?? made
}

/** The call as a shortcut would know it: over inputs that are not DuckDB's own. */
function shortcutCall(divided: Expression, inputs: readonly Expression[]): ShortcutCall | null {
  if (divided.kind !== 'call' && divided.kind !== 'cast') return null
  const given = inputsOf(divided)
  const places = given.map((input) => (input.kind === 'constant' ? { value: input.value } : inputs.indexOf(input)))
  if (places.includes(-1)) return null
  const types = given.map((input) => input.type)
  // A lenient cast differs only where there is no value.
  const made =
    divided.kind === 'cast' ? { name: `cast ${divided.type.kind}`, types: [...types, divided.type] } : { name: divided.name, types }
  const shortcut = { ...made, arguments: places }
  return shortcutOf(shortcut) === null ? null : shortcut
}

/** `string_split(text, separator)[n]`, which `split_part` is made of. */
function splitItem(original: Expression, divided: Expression, inputs: readonly Expression[]): ShortcutCall | null {
  if (original.kind !== 'call' || divided.kind !== 'call' || original.name !== 'array_extract') return null
  const [split] = original.inputs
  const [list, number] = divided.inputs
  if (split?.kind !== 'call' || split.name !== 'string_split' || list?.kind !== 'foreign' || number?.kind !== 'constant') return null
  const [, separator] = split.inputs
  const [text] = list.inputs
  if (separator?.kind !== 'constant' || list.inputs.length !== 1 || text === undefined || inputs[0] !== text) return null
  const places = [0, { value: separator.value }, { value: number.value }]
  const shortcut = { name: 'split item', types: [text.type, separator.type, number.type], arguments: places }
  return shortcutOf(shortcut) === null ? null : shortcut
}

/** `later - earlier`, compared with a constant interval. */
function distance(original: Expression, divided: Expression, inputs: readonly Expression[]): ShortcutCall | null {
  if (original.kind !== 'comparison' || divided.kind !== 'comparison') return null
  const difference = withoutNormalizing(original.left)
  const { left, right } = divided
  if (difference.kind !== 'call' || difference.name !== '-' || left.kind !== 'foreign' || right.kind !== 'constant') return null
  const isOfBoth = inputs.length === 2 && left.inputs.length === 2 && left.inputs.every((input, at) => inputs[at] === input)
  if (!isOfBoth || difference.inputs.length !== 2) return null
  const types = [...inputs.map((input) => input.type), right.type]
  const shortcut = { name: distanceName(divided.operator), types, arguments: [0, 1, { value: right.value }] }
  return shortcutOf(shortcut) === null ? null : shortcut
}

/** DuckDB compares intervals by what it makes of them first; the constant beside it has been made so already. */
function withoutNormalizing(expression: Expression): Expression {
  if (expression.kind !== 'call' || expression.name !== 'normalized_interval') return expression
  return expression.inputs[0] ?? expression
}

/** Constants are printed, because some functions want one; what DuckDB computes anyway becomes part of the whole. */
function isInput(expression: Expression): boolean {
  return (
    expression.kind !== 'constant' && expression.kind !== 'foreign' && expression.type.kind !== 'foreign' && expression.type.kind !== 'null'
  )
}

async function requireAllConsistent(expression: Expression, planner: Planner): Promise<void> {
  if (expression.kind === 'call') requireConsistent(expression, await planner.stabilities())
  if (expression.kind === 'call' && expression.lambda !== null) await requireAllConsistent(expression.lambda.body, planner)
  for (const input of inputsOf(expression)) await requireAllConsistent(input, planner)
}

/** DuckDB is asked what it makes of the SQL: it must be the type that it bound before. */
async function verify(expression: Expression, planner: Planner): Promise<void> {
  for (const input of inputsOf(expression)) await verify(input, planner)
  if (expression.kind !== 'foreign') return
  const { sql, inputs, label, place, type } = expression
  const columns = inputs.map((input, at) => `CAST(NULL AS ${nameOf(input.type)}) AS a${at}`)
  const from = columns.length === 0 ? '' : ` FROM (SELECT ${columns.join(', ')})`
  if (type.kind === 'foreign')
    throw new Unsupported(`${label}, a value of type ${nameOf(type)},`, place, 'Cast it to a plain type, or to JSON.')
  const found = await planner.typeOf(`SELECT ${foreignSql(sql)}${from}`)
  const known = found === null ? null : typeOfDuckdb(found)
  if (known === null || (type.kind !== 'null' && !sameType(known, type))) throw new Unsupported(label, place)
}

function labelOf(expression: Expression): string {
  switch (expression.kind) {
    case 'call':
      return `the function ${expression.name}(${expression.inputs.map((input) => nameOf(input.type)).join(', ')})`
    case 'cast':
      return `a cast of ${nameOf(expression.input.type)} to ${nameOf(expression.type)}`
    case 'comparison':
      return `a comparison of values of type ${nameOf(expression.left.type)}`
    default:
      return `an expression of type ${nameOf(expression.type)}`
  }
}
