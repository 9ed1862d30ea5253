/** A stream's rows, folded, as the text that Postgres prints for them: to be compared with what Postgres says. */
import { type LogReader, valueToText } from '@millrace/core'
import type { Postgres } from '@millrace/testing'
import { foldRows } from './fold-rows.ts'

export function foldedTexts(reader: LogReader, stream: string): string[] {
  const { columns } = reader.stream(stream).schema
  const rows: string[] = []
  for (const row of foldRows(reader, stream)) {
    rows.push(JSON.stringify(columns.map(({ type }, at) => postgresText(type, row[at] ?? null))))
  }
  return rows
}

/** What a query of Postgres yields, in the same form. */
export async function queriedTexts(postgres: Postgres, sql: string): Promise<string[]> {
  const rows = await postgres.query(`set timezone = 'UTC'; ${sql}`)
  return rows.map((row) => JSON.stringify(Object.values(row)))
}

function postgresText(type: Parameters<typeof valueToText>[0], value: Parameters<typeof valueToText>[1] | null): string | null {
  if (value === null) return null
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return valueToText(type, value)
}
