import { CELL, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { Accumulator, WeightedRows } from './accumulator.ts'
import { averageOf, type AverageRule } from './average.ts'
import { WholeSums } from './whole-sums.ts'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'

export class AverageAccumulator implements Accumulator {
  readonly #sums = new WholeSums()
  readonly #rule: AverageRule

  constructor(rule: AverageRule) {
    this.#rule = rule
  }

  reserve(capacity: number): void {
    this.#sums.reserve(capacity)
  }

  add(slots: Int32Array, rows: WeightedRows): void {
    this.#sums.add(slots, rows)
  }

  results(slots: Int32Array, count: number): Lane {
    const builder = new VectorBuilder('float', count)
    for (let at = 0; at < count; at += 1) this.tell(slots[at] as number, builder)
    return laneOf(builder.finish())
  }

  tell(slot: number, into: VectorBuilder): void {
    const values = this.#sums.count(slot)
    if (values === 0) into.pushCell(CELL.NULL)
    else into.pushNumber(averageOf(this.#sums.sum(slot), values, this.#rule))
  }

  clear(slot: number): void {
    this.#sums.clear(slot)
  }

  get bytes(): number {
    return this.#sums.bytes
  }

  save(slots: Int32Array, writer: LaneWriter): void {
    this.#sums.save(slots, writer)
  }

  load(slots: Int32Array, reader: LaneReader): void {
    this.#sums.load(slots, reader)
  }
}
