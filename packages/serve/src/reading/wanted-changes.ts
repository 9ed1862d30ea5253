/** The changes of a batch as a filter sees them: a row that begins to be wanted comes, one that ceases to be goes. */
import { type Batch, OPERATION } from '@millrace/core'
import { laneOf } from '@millrace/sql'
import type { BatchText } from './row-text.ts'
import { type RowFilter, wantedRows } from './row-filter.ts'

/** Tells each wanted change from `from` on, with its row in the batch. Raises READ_FILTER_FAILED. */
export function wantedChanges(text: BatchText, filter: RowFilter, from: number, tell: (change: string, row: number) => void): void {
  const { batch } = text
  const after = maskOf(batch, filter, 'after')
  const before = batch.before === null ? null : maskOf(batch, filter, 'before')
  for (let row = from; row < batch.count; row += 1) {
    const change = changeText(text, row, after === null || after[row] === 1, before === null || before[row] === 1)
    if (change !== null) tell(change, row)
  }
}

/** Null for a change that does not concern the wanted rows. */
export function changeText(text: BatchText, row: number, isWanted: boolean, wasWanted: boolean): string | null {
  switch (text.batch.operations[row]) {
    case OPERATION.TRUNCATE:
      return '{"operation":"truncate","before":null,"after":null}'
    case OPERATION.INSERT:
      return isWanted ? `{"operation":"insert","before":null,"after":${text.after(row)}}` : null
    case OPERATION.DELETE:
      return isWanted ? `{"operation":"delete","before":${text.after(row)},"after":null}` : null
    default:
      if (isWanted && wasWanted) return `{"operation":"update","before":${text.before(row)},"after":${text.after(row)}}`
      if (isWanted) return `{"operation":"insert","before":null,"after":${text.after(row)}}`
      return wasWanted ? `{"operation":"delete","before":${text.before(row)},"after":null}` : null
  }
}

function maskOf(batch: Batch, filter: RowFilter, side: 'before' | 'after'): Uint8Array | null {
  if (filter.match === null && filter.condition === null) return null
  const vectors = side === 'after' ? batch.after : (batch.before ?? [])
  return wantedRows(filter, vectors.map(laneOf), batch.count)
}
