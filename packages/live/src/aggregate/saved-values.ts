/** The values of some groups with how often each is there: what a bag is put down as. */
import { type Layout, VectorBuilder } from '@millrace/core'
import { type Lane, laneOf } from '@millrace/sql'
import type { LaneReader, LaneWriter } from '../spill/saved-lanes.ts'
import { IntList, NumberList } from '../zset/growing-list.ts'
import { keyAt, partOf, pushValue, type SortKeyValue } from './sort-order.ts'

/** `entriesOf`: the values of the group in a slot. */
export function putValues(
  writer: LaneWriter,
  { slots, layouts }: { readonly slots: Int32Array; readonly layouts: readonly Layout[] },
  entriesOf: (slot: number) => Iterable<readonly [SortKeyValue, number]>,
): void {
  const places = new IntList()
  const weights = new NumberList()
  const builders = layouts.map((layout) => new VectorBuilder(layout))
  for (let at = 0; at < slots.length; at += 1) {
    for (const [key, weight] of entriesOf(slots[at] as number)) {
      places.push(at)
      weights.push(weight)
      for (const [part, layout] of layouts.entries()) pushValue(builders[part] as VectorBuilder, layout, partOf(key, part))
    }
  }
  const numbers = [Float64Array.from(places.values()), weights.values()]
  const first = numbers.map((values): Lane => ({ layout: 'integer', values, nulls: null }))
  writer.put(places.count, [...first, ...builders.map((builder) => laneOf(builder.finish()))])
}

/** Hands each value to `take`, in the order in which they were put. */
export function takeValues(reader: LaneReader, slots: Int32Array, take: (slot: number, key: SortKeyValue, weight: number) => void): void {
  const { count, lanes } = reader.take()
  const [places, weights, ...parts] = lanes
  const columns = parts.map(({ layout }, lane) => ({ lane, layout, descending: false, nullsFirst: false }))
  for (let row = 0; row < count; row += 1) {
    take(slots[places?.values[row] as number] as number, keyAt(columns, parts, row), weights?.values[row] as number)
  }
}

/** What V8 takes for a value in a bag beside its characters. */
const VALUE_BYTES = 32
const ASKED = 32

/** About what so many values take. Of texts a few of the groups are asked for one each. */
export function valueBytes(count: number, slots: number, sample: (slot: number) => SortKeyValue | undefined): number {
  const step = Math.max(1, Math.floor(slots / ASKED))
  let asked = 0
  let length = 0
  for (let slot = 0; slot < slots; slot += step) {
    const key = sample(slot)
    if (key === undefined) continue
    asked += 1
    length += lengthOf(key)
  }
  return Math.ceil(count * (VALUE_BYTES + (asked === 0 ? 0 : length / asked)))
}

function lengthOf(key: SortKeyValue): number {
  if (Array.isArray(key)) return (key as readonly SortKeyValue[]).reduce<number>((sum, part) => sum + VALUE_BYTES + lengthOf(part), 0)
  return typeof key === 'string' ? key.length : 0
}
