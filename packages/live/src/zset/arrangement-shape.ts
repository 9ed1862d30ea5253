/** What all arrangements of one kind have in common; its comparisons are compiled once for all of them. */
import type { Layout } from '@millrace/core'
import { compileMatcher, type RowMatcher } from './row-match.ts'

export class ArrangementShape {
  readonly layouts: readonly Layout[]
  readonly keyColumns: readonly number[]
  /** Columns that all others follow from, so that only they are hashed. */
  readonly identity: readonly number[]
  readonly rowMatcher: RowMatcher
  readonly keyMatcher: RowMatcher

  /** `identity`: default all columns. */
  constructor(layouts: readonly Layout[], keyColumns: readonly number[], identity: readonly number[] = layouts.map((_, at) => at)) {
    this.layouts = layouts
    this.keyColumns = keyColumns
    this.identity = identity
    const all = layouts.map((_, at) => at)
    this.rowMatcher = compileMatcher({ layouts, storedColumns: all, laneColumns: all }, 'identity')
    this.keyMatcher = this.probeMatcher(keyColumns)
  }

  /** A matcher of the key against other lanes, for probes. */
  probeMatcher(laneColumns: readonly number[]): RowMatcher {
    const layouts = this.keyColumns.map((column) => this.layouts[column] as Layout)
    return compileMatcher({ layouts, storedColumns: this.keyColumns, laneColumns }, 'grouping')
  }
}
