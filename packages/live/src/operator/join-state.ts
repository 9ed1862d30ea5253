/** The rows that a join remembers of both its sides, of some of the keys. */
import { partitionHashes } from '../spill/partition-hash.ts'
import { LaneWriter, putRows, readLanes, takeRows } from '../spill/saved-lanes.ts'
import type { PartForm, StatePart } from '../spill/state-tree.ts'
import { Arrangement } from '../zset/arrangement.ts'
import type { ArrangementShape } from '../zset/arrangement-shape.ts'
import { hashRows } from '../zset/row-hash.ts'
import type { ZBatch } from '../zset/z-batch.ts'

export class JoinPart implements StatePart {
  readonly left: Arrangement
  readonly right: Arrangement

  constructor({ left, right }: JoinShapes) {
    this.left = new Arrangement(left)
    this.right = new Arrangement(right)
  }

  get rowCount(): number {
    return this.left.table.rowCount + this.right.table.rowCount
  }

  get bytes(): number {
    return this.left.bytes + this.right.bytes
  }
}

export interface JoinShapes {
  readonly left: ArrangementShape
  readonly right: ArrangementShape
}

/** The left side's rows count first. */
export function joinForm(shapes: JoinShapes): PartForm<JoinPart> {
  const filled = (left: ZBatch, right: ZBatch): JoinPart => {
    const part = new JoinPart(shapes)
    load(part.left, shapes.left, left)
    load(part.right, shapes.right, right)
    return part
  }
  return {
    empty: () => new JoinPart(shapes),
    encode: ({ left, right }) => {
      const writer = new LaneWriter()
      for (const side of [left, right]) putRows(writer, side.rowsAt(side.slots()))
      return writer.encode()
    },
    decode: (bytes) => {
      const reader = readLanes(bytes)
      return filled(takeRows(reader), takeRows(reader))
    },
    rows: ({ left, right }) => {
      const [ours, theirs] = [left.slots(), right.slots()]
      const hashes = new Int32Array(ours.length + theirs.length)
      hashes.set(hashesOf(left, shapes.left, ours))
      hashes.set(hashesOf(right, shapes.right, theirs), ours.length)
      return {
        hashes,
        choose: (rows) => {
          const border = rows.findIndex((row) => row >= ours.length)
          const end = border < 0 ? rows.length : border
          const own = rows.subarray(0, end).map((row) => ours[row] as number)
          const others = rows.subarray(end).map((row) => theirs[row - ours.length] as number)
          return filled(left.rowsAt(own), right.rowsAt(others))
        },
      }
    },
  }
}

function hashesOf({ table }: Arrangement, { keyColumns }: ArrangementShape, slots: Int32Array): Int32Array {
  const lanes = keyColumns.map((column) => table.gatherColumn(column, slots, slots.length))
  const columns = keyColumns.map((_, at) => at)
  return partitionHashes(lanes, columns, hashRows(lanes, columns, slots.length))
}

function load(arrangement: Arrangement, { keyColumns }: ArrangementShape, batch: ZBatch): void {
  if (batch.count > 0) arrangement.load(batch, hashRows(batch.lanes, keyColumns, batch.count))
}
