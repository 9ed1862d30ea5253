import { type Batch, sliceBatch } from '@millrace/core'

/** A batch in parts of at most `rowsLimit` changes each. */
export function splitBatch(batch: Batch, rowsLimit: number): readonly Batch[] {
  if (batch.count <= rowsLimit) return [batch]
  const parts: Batch[] = []
  for (let from = 0; from < batch.count; from += rowsLimit) parts.push(sliceBatch(batch, from, Math.min(batch.count, from + rowsLimit)))
  return parts
}
