/**
 * A legacy tree: thousands of views, materialised views and functions in plain Postgres SQL over a few
 * tables. The trunk is as deep as asked; every view of it may read any of the layer before and one of a
 * layer further back. The same seed gives the same statements.
 */
import { pick, type Random, seededRandom } from '@millrace/base'
import { MYSQL_BASE_VIEW, MYSQL_FOREIGN_RULES, MYSQL_REPORT_RULES, MYSQL_TRUNK_RULES } from './mysql-rules.ts'
import { MYSQL_TABLES, mysqlRows } from './mysql-schema.ts'
import { FOREIGN_RULES, REPORT_RULES } from './report-rules.ts'
import { LEGACY_FUNCTIONS, LEGACY_TABLES, legacyRows, type LegacySize } from './schema.ts'
import { TRUNK_RULES } from './trunk-rules.ts'
import { BASE_VIEW, type Rule } from './view-writer.ts'

export interface LegacyOptions {
  readonly seed: number
  readonly views: number
  /** Layers of the trunk; default 44. */
  readonly depth?: number
  readonly size?: LegacySize
  /** One view in so many uses what cannot be moved; 0: none does. Default 100. */
  readonly foreignEvery?: number
  /** Whose SQL it is written in. Default `postgres`. */
  readonly dialect?: LegacyDialect
}

export type LegacyDialect = 'postgres' | 'mysql'

interface Dialect {
  readonly ground: (random: Random, size: LegacySize) => readonly string[]
  readonly base: string
  readonly trunk: readonly Rule[]
  readonly reports: readonly Rule[]
  readonly foreign: readonly Rule[]
}

export interface LegacyView {
  /** `schema.name` */
  readonly name: string
  readonly sql: string
  readonly isMaterialized: boolean
  /** How many views lie below it, on the longest way. */
  readonly depth: number
  /** Whether it uses what only Postgres has. */
  readonly isForeign: boolean
}

export interface LegacyTree {
  /** Tables, functions and rows. */
  readonly ground: readonly string[]
  /** In an order in which each can be made. */
  readonly views: readonly LegacyView[]
}

const DEFAULT_SIZE: LegacySize = { customers: 40, products: 30, lines: 240 }
const DEFAULT_DEPTH = 44
const FOREIGN_EVERY = 100
/** A layer in so many is materialised, as those who wait for reports come to do. */
const MATERIALIZED_EVERY = 3
const TRUNK_SHARE = 0.6
const TOPICS = ['pricing', 'currency', 'tax', 'fees', 'risk', 'allocation'] as const

const DIALECTS: Readonly<Record<LegacyDialect, Dialect>> = {
  postgres: {
    ground: (random, size) => [
      LEGACY_TABLES,
      LEGACY_FUNCTIONS,
      ...legacyRows(random, size),
      ...TOPICS.map((topic) => `create schema ${topic}`),
    ],
    base: BASE_VIEW,
    trunk: TRUNK_RULES,
    reports: REPORT_RULES,
    foreign: FOREIGN_RULES,
  },
  mysql: {
    ground: (random, size) => [...MYSQL_TABLES, ...mysqlRows(random, size)],
    base: MYSQL_BASE_VIEW,
    trunk: MYSQL_TRUNK_RULES,
    reports: MYSQL_REPORT_RULES,
    foreign: MYSQL_FOREIGN_RULES,
  },
}

export function generateLegacyTree(options: LegacyOptions): LegacyTree {
  const { seed, views: count, depth = DEFAULT_DEPTH, size = DEFAULT_SIZE, foreignEvery = FOREIGN_EVERY, dialect = 'postgres' } = options
  const rules = DIALECTS[dialect]
  const random = seededRandom(seed)
  const ground = rules.ground(random, size)
  const writer = new TreeWriter(random, rules)
  writer.layer([['base', rules.base]], 0)
  const trunk = Math.max(depth, Math.floor(count * TRUNK_SHARE))
  for (let layer = 1; layer <= depth; layer++) {
    const many = Math.floor((trunk * layer) / depth) - Math.floor((trunk * (layer - 1)) / depth)
    writer.trunk(many, layer)
  }
  for (let at = writer.views.length; at < count; at++) writer.report(foreignEvery > 0 && at % foreignEvery === foreignEvery - 1)
  return { ground, views: writer.views }
}

class TreeWriter {
  readonly views: LegacyView[] = []
  readonly #layers: LegacyView[][] = []
  readonly #random: Random
  readonly #rules: Dialect
  #named = 0

  constructor(random: Random, rules: Dialect) {
    this.#random = random
    this.#rules = rules
  }

  layer(written: readonly (readonly [name: string, sql: string])[], layer: number): void {
    const isMaterialized = layer % MATERIALIZED_EVERY === 0
    const made = written.map(([name, sql]) => ({ name: this.#name(name, layer), sql, isMaterialized, depth: layer, isForeign: false }))
    this.#layers.push(made)
    this.views.push(...made)
  }

  trunk(many: number, layer: number): void {
    const rules = Array.from({ length: many }, () => pick(this.#random, this.#rules.trunk))
    this.layer(
      rules.map((rule, at) => [`step_${layer}`, this.#write(rule, this.views.length + at, layer - 1)] as const),
      layer,
    )
  }

  report(isForeign: boolean): void {
    const rules = isForeign ? this.#rules.foreign : this.#rules.reports
    const layer = this.#random.below(this.#layers.length)
    const sql = this.#write(pick(this.#random, rules), this.views.length, layer)
    this.views.push({ name: this.#name('report', layer), sql, isMaterialized: false, depth: layer + 1, isForeign })
  }

  #write(rule: Rule, number: number, below: number): string {
    const from = pick(this.#random, this.#layers[below] ?? []).name
    const other = pick(this.#random, this.#layers[Math.max(0, below - this.#random.below(4))] ?? []).name
    return rule({ random: this.#random, from, other, number })
  }

  #name(kind: string, layer: number): string {
    this.#named++
    return `${TOPICS[(this.#named + layer) % TOPICS.length]}.${kind}_${this.#named}`
  }
}
