import { assert } from '@millrace/base'
import type { Schema } from './schema.ts'
import { layoutOf } from './type.ts'
import { CELL, valueAt, type Vector, VectorBuilder } from './vector.ts'
import type { Value } from './value.ts'

/** What a change did to its row. */
export const OPERATION = { INSERT: 0, UPDATE: 1, DELETE: 2, TRUNCATE: 3 } as const
export const OPERATION_NAME = ['insert', 'update', 'delete', 'truncate'] as const
export type OperationName = (typeof OPERATION_NAME)[number]

/**
 * Changes of one stream, column by column. Row `i` of every vector belongs to change `i`.
 *
 * A change's identity for ever is (source, `transactions[i]`, `indexes[i]`) (law 5). In a model's own
 * stream the transaction is the cut of the log that the output reflects.
 */
export interface Batch {
  readonly schema: Schema
  readonly count: number
  /** One `OPERATION` per change. */
  readonly operations: Uint8Array
  /** The source's position at which the change was committed. Never decreases within a partition. */
  readonly transactions: Float64Array
  /** The change's place within its transaction. */
  readonly indexes: Float64Array
  /** When the source committed the change, in microseconds since 1970. */
  readonly times: Float64Array
  /** The row after the change, one vector per column; for a delete, the row that went (what is known of it). */
  readonly after: readonly Vector[]
  /** The row before, where the source told it; else null. Cells it did not tell are `ABSENT`. */
  readonly before: readonly Vector[] | null
}

export interface ChangeOrigin {
  readonly transaction: number
  readonly index: number
  readonly time: number
}

/**
 * Grows a batch change by change. The caller first calls `start`, then pushes exactly one cell into each
 * builder of `after` (in any order), and, only if `start` was told `withBefore`, into each of `before`.
 */
export class BatchBuilder {
  readonly schema: Schema
  readonly after: readonly VectorBuilder[]
  #before: VectorBuilder[] | null = null
  #count = 0
  #operations: Uint8Array
  #transactions: Float64Array
  #indexes: Float64Array
  #times: Float64Array

  constructor(schema: Schema, capacity = 256) {
    this.schema = schema
    this.after = schema.columns.map((column) => new VectorBuilder(layoutOf(column.type), capacity))
    this.#operations = new Uint8Array(capacity)
    this.#transactions = new Float64Array(capacity)
    this.#indexes = new Float64Array(capacity)
    this.#times = new Float64Array(capacity)
  }

  get count(): number {
    return this.#count
  }

  /** The builders for the row before; only while a change started `withBefore` is being filled. */
  get before(): readonly VectorBuilder[] {
    assert(this.#before !== null, 'the change was started with a row before')
    return this.#before
  }

  /** The change's origin in three plain numbers, because this is the hottest call of capture. */
  start(operation: number, transaction: number, index: number, time: number, withBefore: boolean): void {
    const row = this.#count
    if (row === this.#operations.length) this.#grow()
    this.#operations[row] = operation
    this.#transactions[row] = transaction
    this.#indexes[row] = index
    this.#times[row] = time
    if (withBefore) this.#before ??= this.#absentBefore(row)
    else if (this.#before !== null) for (const builder of this.#before) builder.pushCell(CELL.ABSENT)
    this.#count += 1
  }

  /** Inserts of one transaction, whose indexes follow one another; each column then gets a cell for each. */
  startInserts(count: number, { transaction, index, time }: ChangeOrigin): void {
    const first = this.#count
    while (first + count > this.#operations.length) this.#grow()
    this.#operations.fill(OPERATION.INSERT, first, first + count)
    this.#transactions.fill(transaction, first, first + count)
    this.#times.fill(time, first, first + count)
    for (let row = 0; row < count; row += 1) this.#indexes[first + row] = index + row
    if (this.#before !== null) for (const builder of this.#before) for (let row = 0; row < count; row += 1) builder.pushCell(CELL.ABSENT)
    this.#count += count
  }

  /** A whole change at once, for callers that are not hot. `undefined` in a row is an absent cell. */
  push(operation: OperationName, origin: ChangeOrigin, row: readonly (Value | undefined)[], before?: readonly (Value | undefined)[]): void {
    this.start(OPERATION_NAME.indexOf(operation), origin.transaction, origin.index, origin.time, before !== undefined)
    fill(this.after, row)
    if (before !== undefined) fill(this.before, before)
  }

  /** Takes the changes back that were started last, however many of their cells were pushed. */
  undo(changes = 1): void {
    assert(this.#count >= changes, 'a change was started')
    this.#count -= changes
    for (const builder of this.after) builder.truncate(this.#count)
    for (const builder of this.#before ?? []) builder.truncate(this.#count)
  }

  /** Begins another batch in the memory of the finished one, which nobody may hold any more. */
  reuse(): void {
    this.#count = 0
    this.#before = null
    for (const builder of this.after) builder.reuse()
  }

  finish(): Batch {
    const count = this.#count
    return {
      schema: this.schema,
      count,
      operations: this.#operations.subarray(0, count),
      transactions: this.#transactions.subarray(0, count),
      indexes: this.#indexes.subarray(0, count),
      times: this.#times.subarray(0, count),
      after: this.after.map((builder) => finished(builder, count)),
      before: this.#before === null ? null : this.#before.map((builder) => finished(builder, count)),
    }
  }

  #absentBefore(rows: number): VectorBuilder[] {
    return this.schema.columns.map((column) => {
      const builder = new VectorBuilder(layoutOf(column.type))
      for (let row = 0; row < rows; row += 1) builder.pushCell(CELL.ABSENT)
      return builder
    })
  }

  #grow(): void {
    const capacity = Math.max(256, this.#operations.length * 2)
    const operations = new Uint8Array(capacity)
    operations.set(this.#operations)
    this.#operations = operations
    this.#transactions = grown(this.#transactions, capacity)
    this.#indexes = grown(this.#indexes, capacity)
    this.#times = grown(this.#times, capacity)
  }
}

/** One change as an object, for people and for the edges; inside, batches stay columnar. */
export interface Change extends ChangeOrigin {
  readonly operation: OperationName
  /** Per column: a value, or `undefined` where the source did not tell. */
  readonly after: readonly (Value | undefined)[]
  readonly before: readonly (Value | undefined)[] | null
}

export function changeAt(batch: Batch, row: number): Change {
  return {
    operation: OPERATION_NAME[batch.operations[row] as 0 | 1 | 2 | 3],
    transaction: batch.transactions[row] as number,
    index: batch.indexes[row] as number,
    time: batch.times[row] as number,
    after: batch.after.map((vector) => valueAt(vector, row)),
    before: batch.before === null ? null : batch.before.map((vector) => valueAt(vector, row)),
  }
}

function fill(builders: readonly VectorBuilder[], row: readonly (Value | undefined)[]): void {
  assert(row.length === builders.length, 'a row has one value per column')
  for (const [at, builder] of builders.entries()) {
    const value = row[at]
    if (value === undefined) builder.pushCell(CELL.ABSENT)
    else builder.push(value)
  }
}

function finished(builder: VectorBuilder, count: number): Vector {
  assert(builder.count === count, 'every column has one cell per change')
  return builder.finish()
}

function grown(values: Float64Array, capacity: number): Float64Array {
  const larger = new Float64Array(capacity)
  larger.set(values)
  return larger
}
