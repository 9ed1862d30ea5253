/** Where names of a view lead while it is translated. */
import { untranslatableAt } from '../untranslatable-at.ts'
import type { MysqlCatalog } from '../catalog/catalog.ts'
import type { ColumnNode, Expression, Query, SelectItem } from '../parse/syntax.ts'
import type { Value } from './value.ts'

/** A column of a table, of a model or of a query: the value without its SQL, which the reader writes. */
export interface OutputColumn {
  readonly name: string
  readonly value: Omit<Value, 'sql' | 'isAtom' | 'constant' | 'quotient'>
  /** Why nobody may read it; null where it can be read. */
  readonly unreadable: string | null
  /** DuckDB's, of a table or model; null of a query inside of a view. */
  readonly type: string | null
}

export interface KnownRelation {
  /** Quoted. */
  readonly reference: string
  readonly columns: readonly OutputColumn[]
  /** Columns that are unique together, without NULL. */
  readonly keys: readonly (readonly string[])[]
}

export interface TranslatedQuery {
  readonly sql: string
  readonly columns: readonly OutputColumn[]
}

/** What is shared by the whole translation of one view. */
export interface Session {
  readonly catalog: MysqlCatalog
  /** Collation of texts that the view itself holds. */
  readonly collation: string
  relation(schema: string, name: string, at: number): KnownRelation
  /** An alias that no other part of the statement has. */
  alias(wanted: string): string
  /** Something of the answer that rests on the data. */
  note(text: string): void
  readonly expression: (node: Expression, scope: Scope) => Value
  readonly query: (query: Query, outer: Scope | null) => TranslatedQuery
}

/** One entry of a FROM clause. */
export interface Entry {
  /** How the view says it: the alias, or schema and table. */
  readonly name: string
  readonly schema: string | null
  readonly alias: string
  readonly columns: readonly OutputColumn[]
  readonly keys: readonly (readonly string[])[]
}

export interface CommonTable {
  readonly alias: string
  readonly columns: readonly OutputColumn[]
}

/** What GROUP BY leaves: every value outside of an aggregate must be one of these, or follow from them. */
export interface Grouping {
  readonly keys: readonly string[]
  /** Aliases of entries of which each group has one row. */
  readonly single: ReadonlySet<string>
}

export interface Scope {
  readonly session: Session
  readonly outer: Scope | null
  readonly entries: readonly Entry[]
  readonly commonTables: ReadonlyMap<string, CommonTable>
  readonly items: readonly SelectItem[]
  /** Null before the groups are made, and inside of an aggregate. */
  readonly grouping: Grouping | null
}

interface Found {
  readonly entry: Entry
  readonly column: OutputColumn
  readonly scope: Scope
}

export function findColumn({ path, at }: ColumnNode, scope: Scope): Found | null {
  const own = path.at(-1)?.toLowerCase()
  for (let level: Scope | null = scope; level !== null; level = level.outer) {
    for (const entry of level.entries) {
      if (!isOf(entry, path)) continue
      const column = entry.columns.find(({ name }) => name.toLowerCase() === own)
      if (column !== undefined) return { entry, column, scope: level }
    }
  }
  if (path.length > 1) throw untranslatableAt(path.join('.'), 'no table of the view has such a column', at)
  return null
}

function isOf(entry: Entry, path: readonly string[]): boolean {
  if (path.length === 1) return true
  if (path.length === 2) return entry.name === path[0]
  return entry.schema === path[0] && entry.name === path[1]
}
