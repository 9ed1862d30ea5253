/** What all parts of a relation in order have in common; its comparisons are compiled once for all of them. */
import type { Layout } from '@millrace/core'
import { columnReference, compileProjection, type Expression, layoutOfExpression, type Projection, type SortKey } from '@millrace/sql'
import { compileMatcher, type RowMatcher } from '../zset/row-match.ts'
import { type ComparedColumn, compileComparer, type RowComparer } from './row-comparison.ts'

export interface RowOrder {
  /** The layouts of the row itself. */
  readonly layouts: readonly Layout[]
  readonly partitions: readonly Expression[]
  readonly order: readonly SortKey[]
  /** Further expressions that are stored with a row. */
  readonly others: readonly Expression[]
}

export class OrderedShape {
  /** How many columns a row itself has. */
  readonly rowColumns: number
  readonly layouts: readonly Layout[]
  /** The stored columns of rows; null where these are the rows' own. */
  readonly projection: Projection | null
  readonly partitionColumns: readonly number[]
  /** The order of rows, of which rows that tie are equal. */
  readonly orderColumns: readonly ComparedColumn[]
  /** Where the further expressions stand in the table. */
  readonly otherColumns: readonly number[]
  readonly matcher: RowMatcher
  readonly rowComparer: RowComparer
  readonly peerComparer: RowComparer

  constructor({ layouts, partitions, order, others }: RowOrder) {
    const computed: Expression[] = []
    const place = (expression: Expression): number =>
      expression.kind === 'column' ? expression.index : layouts.length + computed.push(expression) - 1
    this.partitionColumns = partitions.map(place)
    this.orderColumns = order.map((key): ComparedColumn => {
      const column = place(key.expression)
      return { ...key, left: column, right: column, layout: layoutOfExpression(key.expression.type), exact: false }
    })
    this.otherColumns = others.map(place)
    // The type of a column that is only handed on does not matter to the projection.
    const own = layouts.map((_, at) => columnReference(at, { kind: 'null' }))
    this.projection = computed.length === 0 ? null : compileProjection([...own, ...computed])
    const stored = [...layouts, ...computed.map((expression) => layoutOfExpression(expression.type))]
    this.layouts = stored
    this.rowColumns = layouts.length
    const ties = layouts.map((layout, at): ComparedColumn => {
      return { left: at, right: at, layout, descending: false, nullsFirst: false, exact: true }
    })
    this.rowComparer = compileComparer([...this.orderColumns, ...ties])
    this.peerComparer = compileComparer(this.orderColumns)
    const keyLayouts = this.partitionColumns.map((column) => stored[column] as Layout)
    const columns = { layouts: keyLayouts, storedColumns: this.partitionColumns, laneColumns: this.partitionColumns }
    this.matcher = compileMatcher(columns, 'grouping')
  }

  /** A matcher of this relation's partitions with the rows of another, which are partitioned by like columns. */
  partitionMatcher(other: OrderedShape): RowMatcher {
    const layouts = this.partitionColumns.map((column) => this.layouts[column] as Layout)
    return compileMatcher({ layouts, storedColumns: this.partitionColumns, laneColumns: other.partitionColumns }, 'grouping')
  }
}
