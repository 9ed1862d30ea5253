/** Fills the templates of the wide language with columns and with each other. */
import { pick, type Random } from '@millrace/base'
import type { Type } from '@millrace/core'
import {
  AGGREGATES,
  COUNTED_KINDS,
  EXPRESSIONS,
  GROUP_KINDS,
  KEY_KINDS,
  type Kind,
  KIND_OF,
  KINDS,
  LITERALS,
  ORDERED_AGGREGATES,
} from './wide-grammar.ts'

export interface TypedColumn {
  readonly name: string
  readonly type: Type
}

export function kindOf(type: Type): Kind {
  if (type.kind !== 'list') return KIND_OF[type.kind]
  return type.element.kind === 'text' ? 'words' : 'list'
}

const FAMILIES: Readonly<Record<string, readonly Kind[]>> = { any: KINDS, key: KEY_KINDS, group: GROUP_KINDS, counted: COUNTED_KINDS }

export class WideScope {
  readonly #random: Random
  readonly #columns: readonly { readonly sql: string; readonly type: Type }[]
  readonly #id: string | null

  /** `id`: the expression that tells its rows apart, where there is one. */
  constructor(random: Random, columns: readonly { readonly sql: string; readonly type: Type }[], id: string | null = null) {
    this.#random = random
    this.#columns = columns
    this.#id = id
  }

  static of(random: Random, columns: readonly TypedColumn[], options: { readonly alias: string; readonly hasId: boolean }): WideScope {
    const { alias, hasId } = options
    return new WideScope(
      random,
      columns.map(({ name, type }) => ({ sql: `${alias}.${name}`, type })),
      hasId ? `${alias}.id` : null,
    )
  }

  get id(): string | null {
    return this.#id
  }

  has(name: string): boolean {
    return this.#columns.some(({ sql }) => sql.endsWith(`.${name}`))
  }

  /** Of both: their rows together are told apart by no column. */
  and(other: WideScope): WideScope {
    return new WideScope(this.#random, [...this.#columns, ...other.#columns])
  }

  fill(template: string, depth = 1 + this.#random.below(2)): string {
    const same = new Map<string, string>()
    return template.replaceAll(/\{([a-z]+)(#\d)?\}/g, (hole: string, kind: string, label?: string) => {
      const held = label === undefined ? undefined : same.get(hole)
      const text = held ?? this.#fillHole(kind, depth)
      same.set(hole, text)
      return text
    })
  }

  expression(kinds: readonly Kind[] = KINDS, depth = 2): string {
    // As often as not a column, so that not all that is drawn is of functions.
    const present = this.#columns.filter(({ type }) => kinds.includes(kindOf(type)))
    if (depth <= 0 || this.#random.below(3) === 0)
      return present.length > 0 ? pick(this.#random, present).sql : LITERALS[pick(this.#random, kinds)]
    return this.#grow(pick(this.#random, kinds), depth)
  }

  column(kinds: readonly Kind[]): string | null {
    const present = this.#columns.filter(({ type }) => kinds.includes(kindOf(type)))
    return present.length === 0 ? null : pick(this.#random, present).sql
  }

  aggregate(): string {
    const isOrdered = this.#id !== null && this.#random.below(3) === 0
    const call = this.fill(pick(this.#random, isOrdered ? ORDERED_AGGREGATES : AGGREGATES), this.#random.below(2))
    return this.#random.below(4) === 0 ? `${call} FILTER (WHERE ${this.condition()})` : call
  }

  condition(): string {
    return this.#grow('bool', 1)
  }

  order(): string {
    return `${this.expression(KEY_KINDS, 1)}${pick(this.#random, ['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`
  }

  #fillHole(kind: string, depth: number): string {
    if (kind === 'id') return this.#id ?? 'NULL'
    if (kind === 'exact') return this.#columns.find(({ type }) => type.kind === 'float32')?.sql ?? '0.5::FLOAT'
    const family = FAMILIES[kind]
    return family === undefined ? this.#grow(kind as Kind, depth) : this.expression(family, depth)
  }

  #grow(kind: Kind, depth: number): string {
    if (depth > 0 && this.#random.below(3) > 0) return this.fill(pick(this.#random, EXPRESSIONS[kind]), depth - 1)
    return this.column([kind]) ?? LITERALS[kind]
  }
}
