/**
 * Tables and B-trees that hold much more room than their rows need. The pages themselves are asked where
 * pgstattuple is installed; else the room is reckoned from the widths that ANALYZE found.
 */
import type { Query } from '../connect.ts'
import type { IndexAdvice } from './advice.ts'
import type { ColumnShape, DatabaseShape, IndexShape, TableShape } from './shape.ts'

/** What is freed must be worth the work. */
const BYTES_LEAST = 4_000_000
/** A B-tree whose entries came in any order is filled to about 0.7 without being bloated. */
const INDEX_SHARE_LEAST = 0.4
const TABLE_SHARE_LEAST = 0.3

const PAGE_BYTES = 8192
const PAGE_HEADER_BYTES = 24
const POINTER_BYTES = 4
const ROW_HEADER_BYTES = 24
const ENTRY_HEADER_BYTES = 8
/** At the end of each page of a B-tree. */
const TREE_BYTES = 16
const WORD_BYTES = 8

export async function bloated(query: Query, shape: DatabaseShape): Promise<IndexAdvice[]> {
  const advice: IndexAdvice[] = []
  const how = shape.canReadPages ? 'by its pages' : 'by its statistics'
  const tableOf = new Map(shape.tables.map((table) => [table.oid, table]))
  for (const table of shape.tables) {
    if (table.bytes < BYTES_LEAST) continue
    const bytes = shape.canReadPages ? await freeInTable(query, table) : reckonedInTable(table)
    if (bytes < Math.max(BYTES_LEAST, table.bytes * TABLE_SHARE_LEAST)) continue
    const detail = `${percent(bytes / table.bytes)} of ${megabytes(table.bytes)} is free, ${how}; the statement locks it`
    const statement = `VACUUM (FULL, ANALYZE) ${table.quoted};`
    advice.push({ kind: 'bloated table', table: table.quoted, index: null, detail, statement, bytes, effect: null })
  }
  for (const index of shape.indexes) {
    const table = tableOf.get(index.tableOid)
    if (table === undefined || index.bytes < BYTES_LEAST || index.kind !== 'btree') continue
    const bytes = shape.canReadPages ? await freeInIndex(query, index) : reckonedInIndex(index, table)
    if (bytes < Math.max(BYTES_LEAST, index.bytes * INDEX_SHARE_LEAST)) continue
    const detail = `${percent(bytes / index.bytes)} of ${megabytes(index.bytes)} is free, ${how}`
    const statement = `REINDEX INDEX CONCURRENTLY ${index.quoted};`
    advice.push({ kind: 'bloated index', table: table.quoted, index: index.quoted, detail, statement, bytes, effect: null })
  }
  return advice
}

async function freeInTable(query: Query, { oid, bytes, fill }: TableShape): Promise<number> {
  const sql = 'SELECT (approx_free_space + dead_tuple_len)::float8 AS free FROM pgstattuple_approx($1::oid::regclass)'
  const [row] = await query<{ free: number }>(sql, [oid])
  return Math.max(0, (row?.free ?? 0) - bytes * (1 - fill / 100))
}

async function freeInIndex(query: Query, { oid, fill }: IndexShape): Promise<number> {
  const sql = `SELECT (leaf_pages * greatest(0, 1 - avg_leaf_density / $2) + empty_pages + deleted_pages)::float8 AS pages
    FROM pgstatindex($1::oid::regclass) WHERE avg_leaf_density <> 'NaN'`
  const [row] = await query<{ pages: number }>(sql, [oid, fill])
  return (row?.pages ?? 0) * PAGE_BYTES
}

function reckonedInTable({ rows, bytes, fill, columns }: TableShape): number {
  const width = widthOf(columns)
  if (rows < 0 || width === null) return 0
  const perPage = Math.floor(
    ((PAGE_BYTES - PAGE_HEADER_BYTES) * fill) / 100 / (aligned(ROW_HEADER_BYTES + width, WORD_BYTES) + POINTER_BYTES),
  )
  return bytes - Math.ceil(rows / Math.max(1, perPage)) * PAGE_BYTES
}

/** Equal keys may lie together in less room than this: then less is told than there is. */
function reckonedInIndex({ entries, bytes, fill, columns, isPartial }: IndexShape, table: TableShape): number {
  const keys = columns.map((number) => table.columns.find((column) => column.number === number))
  const width = keys.every((key) => key !== undefined) ? widthOf(keys) : null
  if (entries < 0 || table.rows < 0 || width === null || isPartial) return 0
  const entry = aligned(ENTRY_HEADER_BYTES + width, WORD_BYTES) + POINTER_BYTES
  const perPage = Math.floor(((PAGE_BYTES - PAGE_HEADER_BYTES - TREE_BYTES) * fill) / 100 / entry)
  return bytes - Math.ceil(Math.min(entries, table.rows) / Math.max(1, perPage)) * PAGE_BYTES
}

/** With what lies between values, so that each begins where its type asks. */
function widthOf(columns: readonly ColumnShape[]): number | null {
  let width = 0
  for (const column of columns) {
    if (column.width === null) return null
    width = aligned(width, column.alignment) + column.width
  }
  return width
}

function aligned(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
