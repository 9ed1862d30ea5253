/** The lists that UNNEST takes apart, row by row. */
import { assert } from '@millrace/base'
import { innerValues, intervalFromText, type Type, type Value, valueFromJson, type VectorBuilder } from '@millrace/core'
import { addInterval, compileProjection, EvaluationFailure, type Lane, laneValueAt, type UnnestedList } from '@millrace/sql'

export interface RowLists {
  readonly type: Type
  /** Adds the items of a row's list and returns how many they are; a NULL has none. */
  append(row: number, builder: VectorBuilder): number
}

export type ListReader = (lanes: readonly Lane[], count: number) => RowLists

export function listReader(list: UnnestedList): ListReader {
  const { type } = list
  assert(type.kind !== 'foreign' && type.kind !== 'null', 'an item has a type of ours')
  if (list.kind === 'list') {
    const projection = compileProjection([list.list])
    return (lanes, count) => itemsOf(type, projection(lanes, count)[0] as Lane)
  }
  const projection = compileProjection([list.start, list.stop, list.step])
  const place = list.step.place ?? list.start.place ?? -1
  const append = list.type.kind === 'int64' ? appendNumbers : appendTimes
  return (lanes, count) => {
    const [start, stop, step] = projection(lanes, count) as [Lane, Lane, Lane]
    return {
      type,
      append: (row, builder) => {
        const bounds = [laneValueAt(start, row), laneValueAt(stop, row), laneValueAt(step, row)] as const
        return append(bounds, { isInclusive: list.isInclusive, place, builder })
      },
    }
  }
}

function itemsOf(element: Type, lane: Lane): RowLists {
  const type: Type = { kind: 'list', element }
  return {
    type: element,
    append: (row, builder) => {
      const text = laneValueAt(lane, row)
      if (text === null) return 0
      const items = innerValues(type, text as string)
      for (const [inner, json] of items) builder.push(valueFromJson(inner, json))
      return items.length
    },
  }
}

/** More items than any list of DuckDB's could have in memory. */
const ITEMS_LIMIT = 2 ** 24

interface Series {
  readonly isInclusive: boolean
  readonly place: number
  readonly builder: VectorBuilder
}

type Bounds = readonly [start: Value, stop: Value, step: Value]

function appendNumbers([start, stop, step]: Bounds, { isInclusive, place, builder }: Series): number {
  if (start === null || stop === null || step === null) return 0
  const [first, last, by] = [BigInt(start as number), BigInt(stop as number), BigInt(step as number)]
  if (by === 0n) return 0
  let count = 0
  for (let at = first; by > 0n ? at < last : at > last; at += by) count = pushed(builder, at, { count, place })
  const end = first + BigInt(count) * by
  return isInclusive && end === last ? pushed(builder, end, { count, place }) : count
}

function pushed(builder: VectorBuilder, value: bigint | number, { count, place }: { count: number; place: number }): number {
  if (count >= ITEMS_LIMIT) throw new EvaluationFailure(`a series has more than ${ITEMS_LIMIT} items`, place)
  builder.pushWhole(value)
  return count + 1
}

/** Each is the one before and the interval: months that are cut short stay short, as in DuckDB. */
function appendTimes([start, stop, step]: Bounds, { isInclusive, place, builder }: Series): number {
  const interval = intervalFromText(step)
  if (start === null || stop === null || interval === null) return 0
  const parts = [interval.months, interval.days, interval.micros]
  const isForward = parts.some((part) => part > 0)
  if (isForward && parts.some((part) => part < 0)) throw new EvaluationFailure('an interval of a series goes both ways', place)
  if (typeof interval.micros === 'bigint') throw new EvaluationFailure('an interval of a series is too long', place)
  if (!isForward && parts.every((part) => part === 0 || part === 0n)) return 0
  const { months, days, micros } = interval
  let count = 0
  let at = start as number | bigint
  const last = stop as number | bigint
  while (isForward ? at < last : at > last) {
    count = pushed(builder, at, { count, place })
    at = addInterval(at, { months, days, micros }, place)
  }
  return isInclusive && at === last ? pushed(builder, at, { count, place }) : count
}
