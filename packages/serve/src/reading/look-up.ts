/** Rows by their key or by a declared index, out of memory. */
import { MillraceError } from '@millrace/base'
import type { ModelFeed } from './model-feed.ts'
import type { HeldRow, ModelRows } from './model-rows.ts'
import type { Match } from './row-filter.ts'

export interface LookUp {
  readonly feed: ModelFeed
  readonly rows: ModelRows
  readonly match: Match
  readonly limit: number
}

/** The answer as JSON. Raises READ_INDEX_MISSING. */
export function lookUp({ feed, rows, match, limit }: LookUp): string {
  const found = rows.find(match.columns, match.values)
  if (found === null) throw indexMissing(feed, match)
  return rowsAnswer(feed, found, limit)
}

export function rowsAnswer(feed: ModelFeed, found: readonly HeldRow[], limit: number): string {
  const texts: string[] = []
  let more = false
  for (const { values, copies } of found) {
    for (let copy = 0; copy < copies && !more; copy += 1) {
      if (texts.length < limit) texts.push(feed.rowText(values))
      else more = true
    }
    if (more) break
  }
  return `{"model":${JSON.stringify(feed.model)},"position":"${feed.position}","more":${more},"rows":[${texts.join(',')}]}`
}

function indexMissing({ model, schema }: ModelFeed, { columns }: Match): MillraceError {
  const names = columns.map((column) => schema.columns[column]?.name ?? '')
  const key = schema.key.map((column) => schema.columns[column]?.name ?? '').join(', ')
  return new MillraceError('READ_INDEX_MISSING', {
    details: {
      model,
      columns: names.join(', '),
      quoted: names.map((name) => `'${name}'`).join(', '),
      key: key === '' ? 'it has none' : key,
    },
  })
}
