/**
 * Which columns identify a row of a plan's result. Only what can be proven: a wrong key would merge
 * different rows.
 */
import { dependenciesBy, type Dependency, reducedKey } from './functional-dependencies.ts'
import type { Aggregate } from './plan/aggregate.ts'
import type { Join } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { oncePerPlan } from './plan/plan-parts.ts'
import type { Top } from './plan/top.ts'
import type { Window } from './plan/window.ts'
import type { Expression } from './expression/expression.ts'

export type UniqueKey = readonly number[]

/** A join of joins could otherwise combine keys without end. */
const KEYS_LIMIT = 8

export const uniqueKeysOf: (plan: Plan) => readonly UniqueKey[] = oncePerPlan(provenKeys)

/** Which of its columns follow from which others. */
export const dependenciesOf: (plan: Plan) => readonly Dependency[] = dependenciesBy(uniqueKeysOf)

function provenKeys(plan: Plan): readonly UniqueKey[] {
  switch (plan.kind) {
    case 'scan':
      return keyOfScan(plan.columns, plan.key)
    case 'filter':
      return uniqueKeysOf(plan.input)
    case 'project':
      return keysThrough(
        uniqueKeysOf(plan.input),
        plan.expressions.map((expression) => (expression.kind === 'column' ? expression.index : -1)),
      )
    case 'aggregate':
      return [keyOfGroups(plan)]
    case 'distinct':
      return [plan.types.map((_, at) => at), ...uniqueKeysOf(plan.input)]
    case 'join':
      return keysOfJoin(plan)
    case 'rows':
      return plan.rows.length <= 1 ? [[]] : []
    case 'recursion':
      return plan.distinct ? [plan.types.map((_, at) => at)] : []
    case 'union':
    case 'unnest':
      return []
    case 'top':
      return [...keysOfTop(plan), ...uniqueKeysOf(plan.input)].slice(0, KEYS_LIMIT)
    case 'window':
      return [...uniqueKeysOf(plan.input), ...keysOfWindow(plan)].slice(0, KEYS_LIMIT)
    case 'asof':
      return uniqueKeysOf(plan.left)
    case 'bag': {
      const left = uniqueKeysOf(plan.left)
      return plan.operation === 'except' ? left : [...left, ...uniqueKeysOf(plan.right)].slice(0, KEYS_LIMIT)
    }
  }
}

/** The shortest proven key; empty where there is none, and where there is at most one row. */
export function uniqueKeyOf(plan: Plan): UniqueKey {
  const keys = [...uniqueKeysOf(plan)].sort((left, right) => left.length - right.length)
  return keys[0] ?? []
}

/** A partition has one row, or each of its rows a number of its own. */
function keysOfTop({ partitions, counting, count, numbered, types }: Top): readonly UniqueKey[] {
  const columns = columnsOnly(partitions)
  if (columns === null || counting !== 'row_number') return []
  if (count !== null && count <= 1) return [columns]
  return numbered ? [[...columns, types.length - 1]] : []
}

function keysOfWindow({ input, partitions, calls }: Window): readonly UniqueKey[] {
  const columns = columnsOnly(partitions)
  if (columns === null) return []
  return calls.flatMap((call, at) => (call.function === 'row_number' ? [[...columns, input.types.length + at]] : []))
}

function columnsOnly(expressions: readonly Expression[]): readonly number[] | null {
  const columns = expressions.map((expression) => (expression.kind === 'column' ? expression.index : -1))
  return columns.includes(-1) ? null : [...new Set(columns)]
}

/** Those of the groups that the others follow from. */
function keyOfGroups(plan: Aggregate): UniqueKey {
  const columns = plan.groups.map((group) => (group.kind === 'column' ? group.index : -1))
  const others = columns.flatMap((column, at) => (column < 0 ? [at] : []))
  const reduced = reducedKey([...new Set(columns.filter((column) => column >= 0))], dependenciesOf(plan.input))
  return [...reduced.map((column) => columns.indexOf(column)), ...others].sort((left, right) => left - right)
}

function keyOfScan(columns: readonly (string | null)[], key: readonly string[]): readonly UniqueKey[] {
  const indexes = key.map((name) => columns.indexOf(name))
  return key.length === 0 || indexes.includes(-1) ? [] : [indexes]
}

function keysThrough(keys: readonly UniqueKey[], sources: readonly number[]): readonly UniqueKey[] {
  const carried = keys.map((key) => key.map((column) => sources.indexOf(column)))
  return carried.filter((key) => !key.includes(-1))
}

function keysOfJoin(plan: Join): readonly UniqueKey[] {
  const left = uniqueKeysOf(plan.left)
  if (plan.join === 'semi' || plan.join === 'anti') return left
  const right = uniqueKeysOf(plan.right).map((key) => key.map((column) => column + plan.left.types.length))
  const oneRight = identifies(
    right,
    plan.keys.flatMap((key) => (key.right.kind === 'column' ? [key.right.index + plan.left.types.length] : [])),
  )
  const oneLeft = identifies(
    left,
    plan.keys.flatMap((key) => (key.left.kind === 'column' ? [key.left.index] : [])),
  )
  const keys: UniqueKey[] = []
  if (oneRight) keys.push(...left)
  if (oneLeft && plan.join === 'inner') keys.push(...right)
  if (keys.length === 0) keys.push(...left.flatMap((leftKey) => right.map((rightKey) => [...leftKey, ...rightKey])))
  return keys.slice(0, KEYS_LIMIT)
}

function identifies(keys: readonly UniqueKey[], columns: readonly number[]): boolean {
  return keys.some((key) => key.every((column) => columns.includes(column)))
}

/** The least of a plan's columns that are proven to determine the others: enough to tell its rows apart. */
export function identityOf(plan: Plan): UniqueKey {
  return reducedKey(
    plan.types.map((_, at) => at),
    dependenciesOf(plan),
  )
}
