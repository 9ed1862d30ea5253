/** Which rows of the log the table no longer has, under the snapshot at hand. */
import { assert } from '@millrace/base'
import { type JsonValue, type Schema, type Value, valueToJson, valueToText } from '@millrace/core'
import { quoteIdentifier, quotedName, type Table } from '../catalog/table.ts'
import type { Connection } from '../connect.ts'
import { keysChunk } from './chunk-plan.ts'
import type { ChunkReader } from './chunk-reader.ts'
import type { EarlierRow } from './earlier-rows.ts'
import type { TableWork } from './fill-attempt.ts'

export interface GoneRequest {
  readonly work: TableWork
  readonly page: readonly EarlierRow[]
  /** Under the snapshot. */
  readonly reader: ChunkReader
  readonly control: Connection
}

/** Of a page of rows those whose key the table does not hold, and for which the fill's condition is true. */
export async function findGone({ work, page, reader, control }: GoneRequest): Promise<readonly EarlierRow[]> {
  const { table, fill } = work
  const { schema } = table
  const keys = page.map(({ cells }) => keyOf(schema, cells))
  const found = new Set<string>()
  let isAsked = false
  await reader.run(() => {
    if (isAsked) return null
    isAsked = true
    return {
      table,
      chunk: keysChunk(table, keys),
      onBegin: () => undefined,
      onRow: (row) => {
        const { starts, ends } = row.cells
        found.add(JSON.stringify(schema.key.map((column) => row.buffer.toString('utf8', starts[column], ends[column]))))
        return null
      },
      onEnd: () => Promise.resolve(),
      onFailure: (failure) => (work.failure ??= failure),
    }
  })
  if (work.failure !== null) return []
  const gone = page.filter((_, at) => !found.has(JSON.stringify(keys[at])))
  return fill.header.where === null || gone.length === 0 ? gone : matching(control, table, { gone, where: fill.header.where })
}

function keyOf(schema: Schema, cells: EarlierRow['cells']): string[] {
  return schema.key.map((at) => {
    const column = schema.columns[at]
    const cell = cells[at]
    assert(column !== undefined && cell !== undefined && cell !== null, 'a row of the log tells its key')
    return valueToText(column.type, cell)
  })
}

/** The database itself judges the condition, over rows that it no longer has. */
async function matching(
  control: Connection,
  table: Table,
  { gone, where }: { gone: readonly EarlierRow[]; where: string },
): Promise<readonly EarlierRow[]> {
  const rows = gone.map(({ cells }, at) => ({ row: asJson(table.schema, cells), at }))
  const name = quoteIdentifier(table.tableName)
  const found = await control.query<{ at: number }>(
    `select (given.item ->> 'at')::int as at from jsonb_array_elements($1::jsonb) as given(item)
     where exists (select from jsonb_populate_record(null::${quotedName(table)}, given.item -> 'row') as ${name} where (${where}\n))`,
    [JSON.stringify(rows)],
  )
  return found.flatMap(({ at }) => gone[at] ?? [])
}

function asJson(schema: Schema, cells: readonly (Value | undefined)[]): Record<string, JsonValue> {
  return Object.fromEntries(
    schema.columns.flatMap(({ name, type }, at) => {
      const cell = cells[at]
      if (cell === undefined || cell === null) return []
      return [[name, typeof cell === 'bigint' || type.kind === 'decimal' ? valueToText(type, cell) : valueToJson(type, cell)] as const]
    }),
  )
}
