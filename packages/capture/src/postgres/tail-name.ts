/**
 * The names of the open tails that capture keeps in the log: changes that are durable and that nobody
 * sees yet. A session begins by dropping the first two kinds, because the server sends those transactions
 * again; rows of a fill survive, for they were read at a cost. The stream's name stands last in each.
 */

/** Parts of a transaction that comes whole and is larger than a batch. */
export function transactionTail(source: string, stream: string): string {
  return `${transactionTails(source)}${stream}`
}

export function transactionTails(source: string): string {
  return `${source}/transaction/`
}

/** Parts of a transaction that has not ended at the source. */
export function streamedTail(source: string, xid: number, stream: string): string {
  return `${streamedTails(source)}${xid}/${stream}`
}

export function streamedTails(source: string): string {
  return `${source}/streamed/`
}

/** Rows that a table has had since before the stream began. */
export function fillTail(source: string, stream: string): string {
  return `${fillTails(source)}${stream}`
}

export function fillTails(source: string): string {
  return `${source}/fill/`
}
