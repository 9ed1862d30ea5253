/**
 * Finds, for a relation that the stream describes, the captured table and its feed. The warden says whether
 * the table is followed and what may become of its schema; here a feed of that very shape is made.
 */
import type { StreamDefinition } from '@millrace/core'
import { definitionOf, streamName, type Table } from './catalog/table.ts'
import type { PendingChanges } from './pending-changes.ts'
import type { Relation } from './pgoutput/relation.ts'
import type { BoundRelation } from './replication-stream.ts'
import type { BoundShape, TableWarden } from './schema-change/table-warden.ts'
import { TableFeed } from './table-feed.ts'

export interface RelationBinderOptions {
  readonly source: string
  readonly slot: string
  readonly warden: TableWarden
  readonly partitionsOf: (stream: string) => number
}

/** Whose changes the feed takes: the ordinary stream's, or those of one transaction that is still in progress. */
export interface Lane {
  readonly pending: PendingChanges
  /** Awaited before rows of a new shape follow those of the old one. */
  readonly settle: () => Promise<void>
  readonly inProgress: boolean
}

interface Bound {
  readonly feed: TableFeed
  /** Equal for relations that the same feed can read. */
  readonly shape: string
}

const NONE: BoundRelation = { feed: null, definition: null }

export class RelationBinder {
  readonly #options: RelationBinderOptions
  readonly #bound = new Map<string, Bound>()

  constructor(options: RelationBinderOptions) {
    this.#options = options
  }

  /** `uncommitted` where the shape is not known yet and the transaction that tells it may never be committed. */
  async bind(relation: Relation, lane: Lane): Promise<BoundRelation | 'uncommitted'> {
    const { source, warden, partitionsOf } = this.#options
    const stream = streamName(source, relation)
    const shape = await warden.shapeOf(stream, relation, { isInProgress: lane.inProgress })
    if (shape === 'untold') return NONE
    if (shape === 'uncommitted') return shape
    if (lane.inProgress) return { feed: this.#make(relation, shape, lane), definition: null }
    const text = JSON.stringify([relation, shape.schema])
    const known = this.#bound.get(stream)
    if (known?.shape === text && shape.isDefined) return { feed: known.feed, definition: null }
    if (known !== undefined && known.shape !== text) await lane.settle()
    known?.feed.close()
    this.#bound.delete(stream)
    const followed = await warden.follow(stream, shape)
    if (!followed) return NONE
    const feed = this.#make(relation, shape, lane)
    this.#bound.set(stream, { feed, shape: text })
    const definition: StreamDefinition = definitionOf(feed.table, partitionsOf(stream))
    return { feed, definition: shape.isDefined ? null : definition }
  }

  #make({ oid, schemaName, tableName, identity, columns }: Relation, shape: BoundShape, { pending }: Lane): TableFeed {
    const { source, slot, partitionsOf } = this.#options
    const { schema, signature, masks } = shape
    const stream = streamName(source, { schemaName, tableName })
    const table: Table = {
      oid,
      schemaName,
      tableName,
      stream,
      schema,
      identity,
      signature,
      masks,
      partitioned: false,
      cells: shape.cells,
      cellCount: columns.length,
    }
    return new TableFeed({ source, slot, table, partitions: partitionsOf(stream), pending })
  }
}
