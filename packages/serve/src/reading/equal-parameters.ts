/** Which columns a condition compares with which parameters, and with nothing else beside: rows are found by them. */
import { conditionsOf, type Expression } from '@millrace/sql'

/** Columns from `width` on are parameters. */
export function equalParameters(condition: Expression, width: number): { column: number; parameter: number }[] {
  const found: { column: number; parameter: number }[] = []
  for (const part of conditionsOf(condition)) {
    if (part.kind !== 'comparison' || part.operator !== 'equal') continue
    if (part.left.kind !== 'column' || part.right.kind !== 'column') continue
    const [column, parameter] = [part.left.index, part.right.index].sort((left, right) => left - right) as [number, number]
    if (column >= width || parameter < width || found.some((each) => each.column === column)) continue
    found.push({ column, parameter: parameter - width })
  }
  return found.sort((left, right) => left.column - right.column)
}
