/** The layouts that are worth trying for a model, most promising first. */
import { PARTITION_TYPES, clusterProblem } from '../check/kept-columns.ts'
import type { GraphColumn } from '../check/checked-graph.ts'
import { type Layout, layoutText } from '../model/layout.ts'
import { foldedName } from '../model/model.ts'

/** A column that readers ask by, with the seconds of those readers. */
export interface Wanted {
  readonly column: GraphColumn
  readonly by: ReadonlySet<'equal' | 'range' | 'join'>
  readonly weight: number
  readonly distinct: number
}

/** A file of fewer rows costs more to open than it saves. */
const PARTITION_ROWS_LEAST = 10_000
const PARTITIONS_MOST = 1000
/** Each is written and read several times. */
const CANDIDATES_LIMIT = 6

export function candidatesOf(wanted: readonly Wanted[], { rows, now }: { readonly rows: number; readonly now: Layout }): Layout[] {
  const ranked = wanted.filter(({ distinct }) => distinct > 1).toSorted((one, other) => other.weight - one.weight)
  const parts = ranked.filter((each) => canPart(each, rows)).slice(0, 2)
  const orders = ranked.filter(({ column }) => clusterProblem(column.type) === null).slice(0, 3)
  const layouts: Layout[] = []
  for (const part of parts) layouts.push({ partitionBy: [part.column.name], clusterBy: [] })
  for (const order of orders) layouts.push({ partitionBy: [], clusterBy: [order.column.name] })
  const [part] = parts
  const within = orders.find(({ column }) => foldedName(column.name) !== foldedName(part?.column.name ?? ''))
  if (part !== undefined && within !== undefined) layouts.push({ partitionBy: [part.column.name], clusterBy: [within.column.name] })
  const [first, second] = orders
  if (first !== undefined && second !== undefined) layouts.push({ partitionBy: [], clusterBy: [first.column.name, second.column.name] })
  const tried = new Set([layoutText(now)])
  // What is laid out for readers that are there no longer is better laid plainly.
  return [...layouts.slice(0, CANDIDATES_LIMIT), { partitionBy: [], clusterBy: [] }].filter((layout) => {
    const isNew = !tried.has(layoutText(layout))
    tried.add(layoutText(layout))
    return isNew
  })
}

function canPart({ column, by, distinct }: Wanted, rows: number): boolean {
  const isAsked = by.has('equal') || by.has('range')
  return isAsked && PARTITION_TYPES.has(column.type) && distinct <= Math.min(PARTITIONS_MOST, rows / PARTITION_ROWS_LEAST)
}
