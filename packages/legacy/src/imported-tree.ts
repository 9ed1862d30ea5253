/** What an import makes of a tree of views, whatever database it came from. */

export interface LegacyRelation {
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialized view'
  readonly comment: string | null
  /** What the view says; null of a table. */
  readonly definition: string | null
}

export interface ImportedColumn {
  readonly name: string
  /** DuckDB's. */
  readonly type: string
  /** Whether the legacy database's own number of digits depends on the value, so that it is compared as a float is. */
  readonly isLoose?: boolean
}

export interface Refusal {
  readonly construct: string
  readonly reason: string
  /** Where the view's text first says it, from 1; null where it cannot be found in it. */
  readonly line: number | null
  readonly column: number | null
}

export interface ImportedModel<Column = ImportedColumn, Relation = LegacyRelation> {
  /** `schema.view`, as models name it. */
  readonly name: string
  readonly legacy: Relation
  /** DuckDB's; null where it could not be translated. */
  readonly sql: string | null
  readonly columns: readonly Column[]
  /** Models and tables that it reads, by name. */
  readonly reads: readonly string[]
  /** What stood in the way; null of what is translated. */
  readonly refusal: Refusal | null
  readonly notes: readonly string[]
}

export interface ImportedTable<Column = ImportedColumn, Relation = LegacyRelation> {
  readonly name: string
  readonly legacy: Relation
  readonly columns: readonly Column[]
}

export interface ImportedTree<Column = ImportedColumn, Relation = LegacyRelation, TableColumn = Column> {
  /** Each after those that it reads. */
  readonly models: readonly ImportedModel<Column, Relation>[]
  readonly tables: readonly ImportedTable<TableColumn, Relation>[]
}
