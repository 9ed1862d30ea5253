/** Where names of a bound query lead while it is printed. */
import type { Catalog } from '../postgres/read-catalog.ts'
import type { PgNode } from '../postgres/node-tree.ts'
import type { Typed } from './typed.ts'

export interface OutputColumn {
  readonly name: string
  readonly type: number
  readonly scale: number
  readonly isLoose: boolean
  /** Whether texts end in the blanks of a `char(n)`, which no model carries on. */
  readonly isPadded?: boolean
  /** Whether it arrives as the text that Postgres prints: a stream has no such type. */
  readonly isPrinted?: boolean
}

/** A table, view or translated view as a query reads it. */
export interface KnownRelation {
  /** Quoted. */
  readonly reference: string
  /** The name in the FROM clause where there is no alias. */
  readonly name: string
  /** By Postgres's number of the column less one; null where it was dropped. */
  readonly columns: readonly (OutputColumn | null)[]
}

/** A mark on a query whose rows become a list: their order is part of the answer. */
export const ORDER_MATTERS = 'orderMatters'

/** One entry of a query's range table. */
export interface RangeEntry {
  readonly alias: string
  readonly columns: readonly (OutputColumn | null)[]
  /** What the columns stand for, where the entry is a join or a grouping and has no name of its own. */
  readonly stands: readonly PgNode[] | null
}

export interface TranslatedQuery {
  readonly sql: string
  readonly columns: readonly OutputColumn[]
}

/** What is shared by the whole translation of one view. */
export interface Session {
  readonly catalog: Catalog
  relation(oid: number): KnownRelation
  /** An alias that no other part of the statement has. */
  alias(wanted: string): string
  /** Something of the answer that rests on an assumption about the data. */
  note(text: string): void
  /** Functions whose bodies are being written in place. */
  readonly calling: readonly number[]
  readonly query: (query: PgNode, outer: Scope | null, parameters?: Parameters) => TranslatedQuery
  within(functionId: number): Session
}

/** The arguments of the function whose body is being written in place. */
export type Parameters = readonly Typed[]

export interface Scope {
  readonly session: Session
  readonly outer: Scope | null
  readonly query: PgNode
  readonly entries: RangeEntry[]
  readonly commonTables: ReadonlyMap<string, { readonly alias: string; readonly columns: readonly OutputColumn[] }>
  readonly parameters: Parameters
  /** What `CASE x WHEN …` compares, inside of it. */
  readonly tested: Typed | null
  /** What stands for the subquery's column inside `x = ANY (…)`. */
  readonly subqueryColumns: readonly Typed[]
}

export function scopeAt(scope: Scope, level: number): Scope | null {
  let found: Scope | null = scope
  for (let up = 0; up < level && found !== null; up++) found = found.outer
  return found
}
