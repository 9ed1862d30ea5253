import type { LogReader } from '@millrace/core'
import type { Postgres } from '@millrace/testing'
import { compareRows, type Difference } from './compare-rows.ts'
import { foldedTexts, queriedTexts } from './stream-rows.ts'

/** A table as Postgres knows it, against its stream. */
export async function compareTable(
  postgres: Postgres,
  reader: LogReader,
  { table, stream }: { table: string; stream: string },
): Promise<Difference> {
  const columns = reader
    .stream(stream)
    .schema.columns.map(({ name }) => `"${name}"::text`)
    .join(', ')
  return compareRows(await queriedTexts(postgres, `select ${columns} from ${table}`), foldedTexts(reader, stream))
}
