/** Cuts a batch between transactions; what is cut shares the columns' memory where it can. */
import { type Batch, sliceBatch } from '@millrace/core'

/** Changes of transactions before `position`, and the others. Null where there are none. */
export function cutAt(batch: Batch, position: number): readonly [Batch | null, Batch | null] {
  let at = 0
  while (at < batch.count && (batch.transactions[at] as number) < position) at += 1
  if (at === 0) return [null, batch]
  if (at === batch.count) return [batch, null]
  return [sliceBatch(batch, 0, at), sliceBatch(batch, at, batch.count)]
}

/** One batch for each run of changes of one transaction. */
export function byTransaction(batch: Batch): Batch[] {
  const parts: Batch[] = []
  let from = 0
  for (let at = 1; at <= batch.count; at += 1) {
    if (at < batch.count && batch.transactions[at] === batch.transactions[from]) continue
    parts.push(from === 0 && at === batch.count ? batch : sliceBatch(batch, from, at))
    from = at
  }
  return parts
}

/** The same changes, of transactions that stand `offset` further on. */
export function shiftedBatch(batch: Batch, offset: number): Batch {
  return offset === 0 ? batch : { ...batch, transactions: batch.transactions.map((transaction) => transaction + offset) }
}
