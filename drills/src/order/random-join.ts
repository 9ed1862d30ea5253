/** A random join of a few tables, in a random order that it states. */
import type { Random } from '@millrace/base'
import { pick } from '@millrace/base'

export const TABLES = 6
/** Small, because an order may ask for cross products. */
export const SIZES = [14, 9, 6, 12, 4, 10] as const
const RELATIONS_MAX = 6

type Tree = readonly (string | Tree)[]

export interface RandomJoin {
  readonly stated: string
  readonly free: string
}

/** `t0 (id, a, b, v)` to `t5`. */
export function tableSql(at: number): string {
  return `create table t${at} as select i as id, i % ${2 + at} as a, i % ${3 + at} as b, (i * ${at + 3}) % 101 as v`
}

export function randomJoin(random: Random): RandomJoin {
  const names = shuffled(
    random,
    Array.from({ length: TABLES }, (_, at) => `t${at}`),
  ).slice(0, 3 + random.below(RELATIONS_MAX - 2))
  const conditions = names.slice(1).map((name, at) => {
    const other = names[random.below(at + 1)] as string
    return {
      name,
      on: `${other}.id = ${name}.id and ${other}.${pick(random, ['a', 'b', 'id'])} ${pick(random, ['>=', '<=', '<>'])} ${name}.${pick(random, ['a', 'b', 'id'])}`,
    }
  })
  const kept = names.flatMap((name) =>
    random.below(2) === 0 ? [random.below(2) === 0 ? `${name}.v > ${random.below(20)}` : `${name}.v < ${40 + random.below(60)}`] : [],
  )
  const order = random.below(2) === 0 ? shuffled(random, names) : randomTree(random, shuffled(random, names))
  const from = written(random, names, conditions)
  const where = [...from.where, ...kept]
  const list = `count(*) as n, ${names.map((name) => `sum(${name}.v) as ${name}`).join(', ')}`
  const rest = `${list} from ${from.text}${where.length === 0 ? '' : ` where ${where.join(' and ')}`}`
  return { stated: `select /*+ order(${textOf(order)}) */ ${rest}`, free: `select ${rest}` }
}

interface Condition {
  readonly name: string
  readonly on: string
}

/** With JOIN … ON, with commas and WHERE, or with a subquery in the place of a table. */
function written(
  random: Random,
  names: readonly string[],
  conditions: readonly Condition[],
): { readonly text: string; readonly where: readonly string[] } {
  const relation = (name: string): string => (random.below(6) === 0 ? `(select * from ${name} where id >= 0) as ${name}` : name)
  if (random.below(2) === 0) return { text: names.map(relation).join(', '), where: conditions.map(({ on }) => on) }
  const joins = conditions.map(({ name, on }) => `join ${relation(name)} on ${on}`)
  return { text: [relation(names[0] as string), ...joins].join(' '), where: [] }
}

function randomTree(random: Random, names: readonly string[]): Tree {
  if (names.length < 3) return names
  const cut = 1 + random.below(names.length - 1)
  const part = (some: readonly string[]): string | Tree => (some.length === 1 ? (some[0] as string) : randomTree(random, some))
  return [part(names.slice(0, cut)), part(names.slice(cut))]
}

function textOf(tree: Tree): string {
  return tree.map((part) => (typeof part === 'string' ? part : `(${textOf(part)})`)).join(', ')
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list]
  return Array.from({ length: list.length }, () => rest.splice(random.below(rest.length), 1)[0] as T)
}
