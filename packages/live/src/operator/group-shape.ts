/** What all parts of the groups of one GROUP BY have in common, and how a part is moved. */
import { type Layout } from '@millrace/core'
import { type AggregateCall, type Expression, layoutOfExpression } from '@millrace/sql'
import type { Accumulator } from '../aggregate/accumulator.ts'
import { makeAccumulator } from '../aggregate/make-accumulator.ts'
import { partitionHashes } from '../spill/partition-hash.ts'
import { type LaneReader, readLanes } from '../spill/saved-lanes.ts'
import type { PartForm } from '../spill/state-tree.ts'
import { hashRows } from '../zset/row-hash.ts'
import { compileMatcher, type RowMatcher } from '../zset/row-match.ts'
import { GroupPart } from './group-part.ts'

export interface GroupedBy {
  readonly groups: readonly Expression[]
  /** Those of the groups, by index, that the others are proven to follow from. */
  readonly identity: readonly number[]
  readonly calls: readonly AggregateCall[]
}

interface CallLanes {
  /** Where the arguments and the ORDER BY stand among the expressions. */
  readonly lanes: readonly number[]
  /** Where the FILTER condition stands; -1 for none. */
  readonly conditionLane: number
}

export class GroupShape {
  /** The groups, and then all that the calls read. */
  readonly expressions: readonly Expression[]
  readonly groupLayouts: readonly Layout[]
  /** The groups that are hashed and compared; the others follow from them. */
  readonly identity: readonly number[]
  readonly calls: readonly CallLanes[]
  readonly matcher: RowMatcher
  readonly makeAccumulators: () => readonly Accumulator[]

  constructor({ groups, identity, calls }: GroupedBy) {
    const expressions: Expression[] = [...groups]
    const place = (expression: Expression): number => expressions.push(expression) - 1
    this.calls = calls.map((call) => ({
      lanes: [...call.inputs, ...call.order.map((key) => key.expression)].map(place),
      conditionLane: call.condition === null ? -1 : place(call.condition),
    }))
    this.expressions = expressions
    this.identity = identity
    this.groupLayouts = groups.map((group) => layoutOfExpression(group.type))
    const columns = groups.map((_, at) => at)
    this.matcher = compileMatcher({ layouts: this.groupLayouts, storedColumns: columns, laneColumns: columns }, 'grouping')
    this.makeAccumulators = () => calls.map(makeAccumulator)
  }

  /** Without GROUP BY there is one group, from the first step on. */
  get isGlobal(): boolean {
    return this.groupLayouts.length === 0
  }
}

export function groupForm(shape: GroupShape): PartForm<GroupPart> {
  const filled = (reader: LaneReader): GroupPart => {
    const part = new GroupPart(shape)
    part.load(reader)
    return part
  }
  return {
    empty: () => new GroupPart(shape),
    encode: (part) => part.save(part.slots()).encode(),
    decode: (bytes) => filled(readLanes(bytes)),
    rows: (part) => {
      const slots = part.slots()
      const lanes = part.groupsAt(slots)
      return {
        hashes: partitionHashes(lanes, shape.identity, hashRows(lanes, shape.identity, slots.length)),
        choose: (rows) => filled(part.save(rows.map((row) => slots[row] as number)).reader()),
      }
    },
  }
}
