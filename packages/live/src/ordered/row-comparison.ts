/**
 * The order of rows at rest, by slot. The code is generated once for each order, so that it is monomorphic,
 * and tied anew to a table's arrays after they were replaced.
 */
import type { Layout } from '@millrace/core'
import { compareText } from '@millrace/sql'
import type { RowTable } from '../zset/row-table.ts'

/** Below 0 where the row of the first slot stands before that of the second. */
export type RowComparison = (left: number, right: number) => number

/** The second slot is of the other table, if one is given. */
export type RowComparer = (table: RowTable, other?: RowTable) => RowComparison

export interface ComparedColumn {
  /** The column that is read of the first slot, and that of the second. */
  readonly left: number
  readonly right: number
  readonly layout: Layout
  readonly descending: boolean
  readonly nullsFirst: boolean
  /** Whether what SQL holds equal (0 and -0) is told apart. */
  readonly exact: boolean
}

export function compileComparer(columns: readonly ComparedColumn[]): RowComparer {
  const declared = columns.map(
    ({ left, right }, at) =>
      `const a${at} = table.columns[${left}].values, an${at} = table.columns[${left}].nulls, ` +
      `b${at} = other.columns[${right}].values, bn${at} = other.columns[${right}].nulls`,
  )
  const tests = columns.map((column, at) => comparisonText(column, at))
  const body = `return (left, right) => {\n${tests.join('\n')}\nreturn 0\n}`
  const factory = new Function('compareText', 'compareBytes', 'table', 'other', `'use strict'\n${declared.join('\n')}\n${body}`)
  return (table, other = table) => factory(compareText, compareBytes, table, other) as RowComparison
}

function comparisonText({ layout, descending, nullsFirst, exact }: ComparedColumn, at: number): string {
  const [before, after] = descending ? [1, -1] : [-1, 1]
  const nullTest = `const x = an${at} !== null && an${at}[left] === 1, y = bn${at} !== null && bn${at}[right] === 1`
  const nullOrder = `if (x !== y) return x === ${nullsFirst} ? -1 : 1`
  const values = `const p = a${at}[left], q = b${at}[right]`
  return `{ ${nullTest}\n${nullOrder}\nif (!x) { ${values}\n${valueText(layout, { before, after, exact })} } }`
}

function valueText(layout: Layout, { before, after, exact }: { before: number; after: number; exact: boolean }): string {
  const plain = `if (p < q) return ${before}\nif (p > q) return ${after}`
  switch (layout) {
    case 'text':
      return `if (p !== q) return compareText(p, q) < 0 ? ${before} : ${after}`
    case 'bytes':
      return `const order = compareBytes(p, q)\nif (order !== 0) return order < 0 ? ${before} : ${after}`
    case 'float': {
      // NaN is the greatest, and equal to itself.
      const nan = `if (p !== q && (p === p || q === q)) return q !== q ? ${before} : ${after}`
      const zero = `if (p === 0 && q === 0 && !Object.is(p, q)) return Object.is(p, -0) ? ${before} : ${after}`
      return [plain, nan, ...(exact ? [zero] : [])].join('\n')
    }
    default:
      return plain
  }
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right)
}
