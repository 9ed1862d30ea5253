/**
 * Finds, for a relation that the stream describes, the captured table and its stream's shape. A column
 * that was added is followed; one that was removed, renamed or given another type is an error, because
 * rows of both shapes cannot stand in one stream without changing what it has said (law 4).
 */
import { MillraceError } from '@millrace/base'
import { type Column, sameSchema, sameType, sqlNameOf, type StreamDefinition } from '@millrace/core'
import { describeColumns } from './catalog/describe-types.ts'
import { definitionOf, displayName, streamName, type Table, withColumns } from './catalog/table.ts'
import type { Query } from './connect.ts'
import type { PendingChanges } from './pending-changes.ts'
import type { Relation } from './pgoutput/relation.ts'
import type { BoundRelation } from './replication-stream.ts'
import { successorOf } from './slot-name.ts'
import { TableFeed } from './table-feed.ts'

export interface RelationBinderOptions {
  readonly source: string
  readonly slot: string
  readonly query: Query
  readonly pending: PendingChanges
  /** The captured streams, in the shape that the log has. */
  readonly definitions: readonly StreamDefinition[]
}

export class RelationBinder {
  readonly #options: RelationBinderOptions
  readonly #definitions: Map<string, StreamDefinition>
  readonly #feeds = new Map<string, TableFeed>()

  constructor(options: RelationBinderOptions) {
    this.#options = options
    this.#definitions = new Map(options.definitions.map((definition) => [definition.name, definition]))
  }

  /** `settle` is awaited before rows of a new shape follow those of the old one. */
  async bind(relation: Relation, settle: () => Promise<void>): Promise<BoundRelation> {
    const { source, query, slot, pending } = this.#options
    const stream = streamName(source, relation)
    const definition = this.#definitions.get(stream)
    if (definition === undefined) return { feed: null, definition: null }
    const columns = await describeColumns(query, relation.columns)
    const schema = withColumns(definition.schema, this.#followed(relation, definition.schema.columns, columns))
    const isNew = !sameSchema(schema, definition.schema)
    const known = this.#feeds.get(stream)
    if (known !== undefined && !isNew) return { feed: known, definition: null }
    if (isNew) await settle()
    known?.close()
    const { oid, schemaName, tableName } = relation
    const table: Table = { oid, schemaName, tableName, stream, schema, partitioned: false }
    const feed = new TableFeed({ source, slot, table, partitions: definition.partitions, pending })
    const next = definitionOf(table, definition.partitions)
    this.#feeds.set(stream, feed)
    this.#definitions.set(stream, next)
    return { feed, definition: isNew ? next : null }
  }

  /** The relation's columns, where each old one is still there, in its order, with its type. */
  #followed(relation: Relation, old: readonly Column[], columns: readonly Column[]): Column[] {
    for (const [at, column] of old.entries()) {
      const now = columns[at]
      if (now === undefined || now.name !== column.name) throw this.#changed(relation, `the column ${column.name} was removed or renamed`)
      if (!sameType(now.type, column.type)) {
        throw this.#changed(relation, `the column ${column.name} was ${sqlNameOf(column.type)} and is ${sqlNameOf(now.type)}`)
      }
    }
    return columns.map((column, at) => old[at] ?? column)
  }

  #changed(relation: Relation, what: string): MillraceError {
    const { source, slot } = this.#options
    return new MillraceError('CAPTURE_SCHEMA_CHANGED', { details: { source, table: displayName(relation), what, next: successorOf(slot) } })
  }
}
