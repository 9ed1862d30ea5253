/**
 * What the server says of its tables, kept where it holds: for all transactions that come whole, or for one
 * that is in progress. The server tells a table's shape once, and again when it may have changed; a shape
 * told within a transaction holds for all once that is committed, unless something newer was told since.
 */
import { assert } from '@millrace/base'
import type { StreamDefinition } from '@millrace/core'
import { streamName } from '../catalog/table.ts'
import type { ChangeDecoder } from '../pgoutput/decoder.ts'
import type { Lane } from '../pgoutput/lane.ts'
import { type Relation, sameRelation } from '../pgoutput/relation.ts'
import type { StreamOptions } from './stream-options.ts'

export interface ToldRelationsOptions {
  readonly source: string
  readonly decoder: ChangeDecoder
  readonly bindRelation: StreamOptions['bindRelation']
  readonly settle: () => Promise<void>
  readonly define: (definition: StreamDefinition) => void
  readonly fallBack: (xid: number, why: string) => Promise<void>
}

export class ToldRelations {
  readonly #options: ToldRelationsOptions

  constructor(options: ToldRelationsOptions) {
    this.#options = options
  }

  /** The relation that the decoder met, in its lane. */
  async told(): Promise<void> {
    const { relation, lane, whole } = this.#options.decoder
    assert(relation !== null, 'a relation message tells a relation')
    if (lane === whole) await this.#bindWhole(relation)
    else await this.#bindInProgress(relation, lane)
  }

  /** The lane's transaction was committed. */
  async adopt(lane: Lane): Promise<void> {
    const { whole } = this.#options.decoder
    for (const [oid, told] of lane.relations) {
      const known = whole.relations.get(oid)
      if (known !== undefined && (known.arrival > told.arrival || sameRelation(known.relation, told.relation))) continue
      await this.#bindWhole(told.relation)
    }
  }

  async rebind(stream: string): Promise<void> {
    const { decoder, source, fallBack } = this.#options
    const isOf = (relation: Relation): boolean => streamName(source, relation) === stream
    for (const lane of decoder.lanes.values()) {
      const touched = Array.from(lane.relations.values(), ({ relation }) => relation).some(isOf)
      if (touched) return fallBack(lane.xid, 'a table that it changed was bound anew')
    }
    for (const { relation } of decoder.whole.relations.values()) if (isOf(relation)) await this.#bindWhole(relation)
  }

  async #bindWhole(relation: Relation): Promise<void> {
    const { decoder, bindRelation, settle, define } = this.#options
    const { whole } = decoder
    const bound = await bindRelation(relation, { pending: whole.pending, settle, inProgress: false })
    assert(bound !== 'uncommitted', 'a relation of a committed transaction is committed')
    const { feed, definition } = bound
    if (definition !== null) define(definition)
    feed?.tell(relation.columns.map(({ key }) => key))
    decoder.bind(whole, relation, feed)
  }

  /** What a transaction in progress is told of a table holds for itself alone. */
  async #bindInProgress(relation: Relation, lane: Lane): Promise<void> {
    const { decoder, bindRelation, fallBack } = this.#options
    const { oid } = relation
    const own = lane.relations.get(oid)
    if (own !== undefined && sameRelation(own.relation, relation)) return decoder.bind(lane, relation, lane.feeds.get(oid) ?? null)
    const known = decoder.whole.relations.get(oid)
    if (known !== undefined && sameRelation(known.relation, relation)) {
      return decoder.bind(lane, relation, decoder.whole.feeds.get(oid)?.twin(lane.pending) ?? null)
    }
    const bound = await bindRelation(relation, { pending: lane.pending, settle: async () => undefined, inProgress: true })
    if (bound === 'uncommitted') return fallBack(lane.xid, `it changes the shape of ${relation.schemaName}.${relation.tableName}`)
    bound.feed?.tell(relation.columns.map(({ key }) => key))
    decoder.bind(lane, relation, bound.feed)
  }
}
