/**
 * A table read in order of its primary key, some rows at a time, each chunk after the last key of the one
 * before. All chunks see the same read view, so together they are one snapshot.
 */
import { quoteName, quoteText } from '../connect.ts'
import type { Table } from '../catalog/table.ts'
import type { RowCells } from './result-rows.ts'

/** Rows of one chunk. */
export const CHUNK_ROWS = 50_000

const NUMBERS = /^(tinyint|smallint|mediumint|int|bigint|decimal)\b/
const TEXTS = /^(char|varchar|date)\b/
const BYTES = /^(binary|varbinary)\b/

/** Whether a key's order is that of its printed values, so that a chunk can begin behind one. */
export function isChunkable({ schema }: Table): boolean {
  const types = schema.key.map((index) => schema.columns[index]?.sourceType ?? '')
  return (
    types.length > 0 && types.every((type) => (NUMBERS.test(type) && !type.includes('zerofill')) || TEXTS.test(type) || BYTES.test(type))
  )
}

export function selectOf(table: Table, after: readonly string[] | null): string {
  const { schema, cells, name } = table
  const select = `SELECT ${cells.map(({ expression }) => expression).join(', ')} FROM ${quoteName(name)}`
  if (!isChunkable(table)) return select
  const key = schema.key.map((index) => quoteName(schema.columns[index]?.name ?? ''))
  const where = after === null ? '' : ` WHERE ${behind(key, after)}`
  return `${select}${where} ORDER BY ${key.join(', ')} LIMIT ${CHUNK_ROWS}`
}

/** `(a > 1) OR (a = 1 AND b > 2)`: unlike `(a, b) > (1, 2)`, servers read it as a range of the index. */
function behind(key: readonly string[], after: readonly string[]): string {
  const terms = key.map((column, at) => {
    const same = key.slice(0, at).map((other, index) => `${other} = ${after[index]}`)
    return `(${[...same, `${column} > ${after[at]}`].join(' AND ')})`
  })
  return terms.join(' OR ')
}

/** The row's key as literals of SQL. */
export function keyLiterals({ schema }: Table, { buffer, starts, ends }: RowCells): string[] {
  return schema.key.map((index) => {
    const [start, end] = [starts[index] as number, ends[index] as number]
    const type = schema.columns[index]?.sourceType ?? ''
    if (NUMBERS.test(type)) return buffer.toString('latin1', start, end)
    return BYTES.test(type) ? `x'${buffer.toString('hex', start, end)}'` : quoteText(buffer.toString('utf8', start, end))
  })
}
