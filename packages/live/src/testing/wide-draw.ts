/** What the shapes of wide queries draw from. */
import { pick, type Random } from '@millrace/base'
import type { StreamDefinition } from '@millrace/core'
import { WideScope } from './wide-scope.ts'

export type WideShape = (draw: WideDraw) => string

/** One query's tables and chances. */
export class WideDraw {
  readonly random: Random
  readonly #tables: readonly StreamDefinition[]

  constructor(random: Random, tables: readonly StreamDefinition[]) {
    this.random = random
    this.#tables = tables
  }

  /** A table under an alias; `keyed`: one whose rows its `id` tells apart. */
  table(alias: string, keyed = false): { readonly sql: string; readonly name: string; readonly scope: WideScope } {
    const table = pick(
      this.random,
      this.#tables.filter(({ schema }) => !keyed || schema.key.length > 0),
    )
    const scope = WideScope.of(this.random, table.schema.columns, { alias, hasId: table.schema.key.length > 0 })
    return { sql: `${table.name} ${alias}`, name: table.name, scope }
  }

  some<T>(least: number, most: number, one: (at: number) => T): readonly T[] {
    return Array.from({ length: least + this.random.below(most - least + 1) }, (_, at) => one(at))
  }

  pick<T>(list: readonly T[]): T {
    return pick(this.random, list)
  }

  chance(one: number): boolean {
    return this.random.below(one) === 0
  }

  where(scope: WideScope): string {
    return this.chance(2) ? ` WHERE ${scope.condition()}` : ''
  }
}
