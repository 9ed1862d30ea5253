/**
 * `split_part` of a column whose text is still bytes. Each part lies within its value, so the result is the same bytes
 * between other places: no string is made, nor copied.
 */
import { columnOfPacked, type PackedText, packedTextOf } from '@millrace/core'
import type { Expression } from '../expression/expression.ts'
import type { Lane } from './lane.ts'

export interface SplitPart {
  readonly column: number
  /** One byte. */
  readonly separator: number
  /** Counted from 1. */
  readonly number: number
}

/** What DuckDB's binder makes of `split_part(column, separator, number)`; null for anything else. */
export function splitPartOf(expression: Expression): SplitPart | null {
  if (expression.kind !== 'choice' || expression.arms.length !== 1) return null
  const { arms, otherwise } = expression
  const [arm] = arms
  if (arm === undefined || otherwise.kind !== 'constant' || otherwise.value !== null) return null
  const { when, then } = arm
  if (then.kind !== 'coalesce' || then.inputs.length !== 2) return null
  const [item, empty] = then.inputs
  if (empty?.kind !== 'constant' || empty.value !== '' || item?.kind !== 'foreign' || item.shortcut?.name !== 'split item') return null
  const [column] = item.inputs
  if (column?.kind !== 'column' || !isWhereNotNull(when, column.index)) return null
  const [, separator, number] = item.shortcut.arguments.map((argument) => (typeof argument === 'object' ? argument.value : null))
  if (typeof separator !== 'string' || separator.length !== 1 || typeof number !== 'number') return null
  const byte = separator.charCodeAt(0)
  return byte > 0xff ? null : { column: column.index, separator: byte, number }
}

/** Whether a condition is that the column is not NULL, and nothing more. */
function isWhereNotNull(condition: Expression, column: number): boolean {
  if (condition.kind === 'conjunction')
    return condition.operator === 'and' && condition.inputs.every((input) => isWhereNotNull(input, column))
  if (condition.kind !== 'nullTest' || !condition.negated) return false
  const { input } = condition
  return input.kind === 'constant' ? input.value !== null : input.kind === 'column' && input.index === column
}

/** Null where the column's text is strings. */
export function splitLane({ separator, number }: SplitPart, lane: Lane): Lane | null {
  const packed = packedTextOf(lane)
  if (packed === null) return null
  return columnOfPacked(partPlaces(packed, separator, number), lane.nulls)
}

function partPlaces({ bytes, starts, ends, codes }: PackedText, separator: number, number: number): PackedText {
  const count = starts.length
  const places = { bytes, starts: new Uint32Array(count), ends: new Uint32Array(count), codes }
  for (let at = 0; at < count; at += 1) {
    const end = ends[at] as number
    let from = starts[at] as number
    let left = number - 1
    for (; left > 0 && from < end; from += 1) if (bytes[from] === separator) left -= 1
    let to = from
    if (left === 0) while (to < end && bytes[to] !== separator) to += 1
    places.starts[at] = from
    places.ends[at] = to
  }
  return places
}
