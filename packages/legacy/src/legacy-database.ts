/** A database with a tree of views, of whatever kind: read at one moment, translated, its rows copied. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ImportedTree } from './imported-tree.ts'

export interface TreeRequest {
  /** The source whose streams the tables are. */
  readonly source: string
  /** Whose views to take; none: of every schema. */
  readonly schemas: readonly string[]
  /** Whether the tables are streams of a source; otherwise they are copied, with all their types. */
  readonly streamed: boolean
}

export interface CopyOrder {
  /** A model or table of the tree that was translated last. */
  readonly name: string
  readonly connection: DuckDBConnection
  /** A table to make, quoted. */
  readonly into: string
}

export interface LegacyDatabase {
  readonly kind: 'postgres' | 'mysql'
  /** The database's name, as the url has it. */
  readonly database: string
  translate(request: TreeRequest): ImportedTree
  /** Copies the rows that a legacy view or table has, with the types of the columns that the tree tells. Returns how many. */
  copy(order: CopyOrder): Promise<number>
  /** The sources of a project's configuration that follow the tree's tables. */
  sourceTexts(tree: ImportedTree, source: string): readonly string[]
  close(): Promise<void>
}
