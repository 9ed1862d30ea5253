/**
 * Equality of a stored row and a row of a batch. The code is generated once for each index, so that it is
 * monomorphic: one literal shared by indexes of different types loses its inlining.
 */
import type { Layout } from '@millrace/core'
import type { Lane } from '@millrace/sql'
import type { RowTable } from './row-table.ts'

/** Whether the row at `slot` equals row `row` of the batch that it was made for. */
export type RowMatch = (slot: number, row: number) => boolean

/** Ties the comparison to the present arrays of a table and of a batch's lanes. */
export type RowMatcher = (table: RowTable, lanes: readonly Lane[]) => RowMatch

/**
 * `identity` tells rows apart that SQL holds equal (0 and -0), because one must not be retracted for the
 * other; `grouping` is SQL's IS NOT DISTINCT FROM.
 */
export type MatchMode = 'identity' | 'grouping'

/** `storedColumns[i]` of the table is compared with `laneColumns[i]` of the lanes. */
export interface MatchedColumns {
  readonly layouts: readonly Layout[]
  readonly storedColumns: readonly number[]
  readonly laneColumns: readonly number[]
}

export function compileMatcher({ layouts, storedColumns, laneColumns }: MatchedColumns, mode: MatchMode): RowMatcher {
  const declared = storedColumns.map(
    (stored, at) =>
      `const s${at} = table.columns[${stored}].values, sn${at} = table.columns[${stored}].nulls, ` +
      `b${at} = lanes[${laneColumns[at]}].values, bn${at} = lanes[${laneColumns[at]}].nulls`,
  )
  const tests = storedColumns.map((_, at) => {
    const nullTest = `((sn${at} !== null && sn${at}[slot] === 1) ? (bn${at} !== null && bn${at}[row] === 1)`
    return `${nullTest} : !(bn${at} !== null && bn${at}[row] === 1) && ${equalText(layouts[at] as Layout, at, mode)})`
  })
  const body = tests.length === 0 ? 'true' : tests.join(' && ')
  const factory = new Function('sameBytes', 'table', 'lanes', `'use strict'\n${declared.join('\n')}\nreturn (slot, row) => ${body}`)
  return (table, lanes) => factory(sameBytes, table, lanes) as RowMatch
}

function equalText(layout: Layout, at: number, mode: MatchMode): string {
  const [stored, given] = [`s${at}[slot]`, `b${at}[row]`]
  if (layout === 'bytes') return `sameBytes(${stored}, ${given})`
  if (layout !== 'float') return `${stored} === ${given}`
  return mode === 'identity'
    ? `Object.is(${stored}, ${given})`
    : `(${stored} === ${given} || (${stored} !== ${stored} && ${given} !== ${given}))`
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}
