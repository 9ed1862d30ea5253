import type { LogReader } from '@millrace/core'

export interface IdentityCount {
  readonly total: number
  readonly distinct: number
}

/** Law 5: (source, transaction, index) is one change's identity for ever, over all streams of a source. */
export function countIdentities(reader: LogReader, isCounted: (stream: string) => boolean = () => true): IdentityCount {
  let total = 0
  const identities = new Set<string>()
  for (const { name, kind } of reader.streams()) {
    if (kind !== 'table' || !isCounted(name)) continue
    const source = name.slice(0, name.indexOf('.'))
    for (const stored of reader.read(name)) {
      const { transactions, indexes, count } = stored.batch()
      total += count
      for (let row = 0; row < count; row += 1) identities.add(`${source}/${transactions[row]}/${indexes[row]}`)
    }
  }
  return { total, distinct: identities.size }
}
