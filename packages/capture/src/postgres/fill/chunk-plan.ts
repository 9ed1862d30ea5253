/**
 * Which parts of which files a table is read in. A part is a range of blocks: any table has them, no index
 * is needed, and the server reads each block once. Under one snapshot the ranges are exact; how ranges of
 * different snapshots add up, `ActiveFill` tells.
 */
import { type ColumnForm, selectList } from '../binary/column-format.ts'
import { quoteIdentifier, quoteLiteral, quotedName, type Table } from '../catalog/table.ts'
import type { Query } from '../connect.ts'
import type { ChunkDone } from './fill-header.ts'

/** 2 MiB of table at the usual block size: most chunks are one commit. */
export const CHUNK_BLOCKS = 256
const END = -1
/** A block of 32 KiB has no room for more. */
const BLOCK_ROWS_MAX = 1200
const ENDLESS_ROWS_MAX = 2 ** 30

export interface Chunk {
  /** Null for one that is not remembered as read. */
  readonly sequence: number | null
  readonly relation: number
  /** The file that must still hold the rows; null where it does not matter, since all is read at once. */
  readonly file: number | null
  readonly from: number
  readonly to: number
  /** The first of the indexes that its rows have to themselves, among all chunks of one snapshot. */
  readonly firstIndex: number
  /** What the server is asked. */
  readonly copy: string
  /** Takes the lock, and has the server tell which types the columns have now. */
  readonly lock: string
  /** How the columns come; null where the rows come as text. */
  readonly forms: readonly ColumnForm[] | null
}

export interface ChunkPlan {
  readonly chunks: readonly Chunk[]
  /** What the planner of the server believes. */
  readonly rowsEstimate: number
}

interface FileRow extends Record<string, unknown> {
  readonly relation: number
  readonly schema_name: string
  readonly table_name: string
  /** As the snapshot sees it, and as it is now: another file means that the table was rewritten between the two. */
  readonly file_then: number
  readonly file_now: number | null
  readonly blocks: number
  readonly rows: number
  readonly is_heap: boolean
  readonly may_read: boolean
}

/** A partitioned table's rows are in its leaves. */
const FILES = `
  select c.oid::int8::float8 as relation, n.nspname as schema_name, c.relname as table_name,
    c.relfilenode::int8::float8 as file_then, pg_relation_filenode(c.oid)::int8::float8 as file_now,
    coalesce(pg_relation_size(c.oid), 0)::float8 / current_setting('block_size')::int as blocks, greatest(c.reltuples, 0)::float8 as rows,
    c.relkind = 'r' and am.amname = 'heap' as is_heap, has_table_privilege(c.oid, 'SELECT') as may_read
  from (select $1::oid as oid where not $2 union select relid from pg_partition_tree($1::oid) where $2 and isleaf) as leaf
    join pg_class c on c.oid = leaf.oid join pg_namespace n on n.oid = c.relnamespace left join pg_am am on am.oid = c.relam
  order by c.oid`

export interface PlanRequest {
  readonly query: Query
  readonly table: Table
  readonly where: string | null
  readonly done: readonly ChunkDone[]
  readonly chunkBlocks: number
  readonly forms?: readonly ColumnForm[] | null
  /** Shared by all tables of one snapshot. */
  readonly indexes?: IndexRange
}

/** Gives each chunk its indexes: with the snapshot's position they are its rows' identity (law 5). */
export class IndexRange {
  #next = 0

  take(blocks: number): number {
    const first = this.#next
    this.#next += blocks === END ? ENDLESS_ROWS_MAX : blocks * BLOCK_ROWS_MAX
    return first
  }
}

/**
 * `rewritten`: the snapshot does not see the file that is there now, and another snapshot is needed.
 * `anew`: what was read can no longer be told from what was not, so that the table is to be begun anew.
 */
export async function planChunks({
  query,
  table,
  where,
  done,
  chunkBlocks,
  forms = null,
  indexes = new IndexRange(),
}: PlanRequest): Promise<ChunkPlan | 'rewritten' | 'anew'> {
  const files = await query<FileRow>(FILES, [table.oid, table.partitioned])
  if (files.some(({ file_then, file_now }) => file_now !== file_then)) return 'rewritten'
  let sequence = done.reduce((last, chunk) => Math.max(last, chunk.sequence), 0)
  const rowsEstimate = files.reduce((sum, { rows }) => sum + rows, 0)
  const isWhole = !table.partitioned ? files.some(({ is_heap }) => !is_heap) : files.some(({ is_heap, may_read }) => !is_heap || !may_read)
  if (isWhole) {
    if (done.some(({ file }) => file !== 0)) return 'anew'
    if (done.length > 0) return { chunks: [], rowsEstimate }
    const copy = copyOf(table, table, { where, from: 0, to: END, only: '', forms })
    const whole = { sequence: sequence + 1, relation: table.oid, file: null, from: 0, to: END }
    return { chunks: [{ ...whole, firstIndex: indexes.take(END), copy, lock: lockOf(table, table), forms }], rowsEstimate }
  }
  if (done.some((chunk) => !files.some(({ relation, file_now }) => relation === chunk.relation && file_now === chunk.file))) return 'anew'
  const chunks = files.flatMap((file) => {
    const named = { schemaName: file.schema_name, tableName: file.table_name }
    const own = done.filter(({ relation }) => relation === file.relation)
    return rangesLeft(own, file.blocks, chunkBlocks).map(([from, to]): Chunk => {
      sequence += 1
      const copy = copyOf(table, named, { where, from, to, only: 'ONLY ', forms })
      const firstIndex = indexes.take(to === END ? END : to - from)
      return { sequence, relation: file.relation, file: file.file_now, from, to, firstIndex, copy, lock: lockOf(table, named), forms }
    })
  })
  return { chunks, rowsEstimate }
}

/** Ranges of blocks that no chunk has read; the last one has no end, for a file grows. */
export function rangesLeft(done: readonly Pick<ChunkDone, 'from' | 'to'>[], blocks: number, chunkBlocks: number): [number, number][] {
  const ranges: [number, number][] = []
  let at = 0
  for (const { from, to } of [...done].sort((left, right) => left.from - right.from)) {
    cut(ranges, at, from, chunkBlocks)
    if (to === END) return ranges
    at = Math.max(at, to)
  }
  for (; at + chunkBlocks < blocks; at += chunkBlocks) ranges.push([at, at + chunkBlocks])
  ranges.push([at, END])
  return ranges
}

function cut(ranges: [number, number][], from: number, to: number, chunkBlocks: number): void {
  for (let at = from; at < to; at += chunkBlocks) ranges.push([at, Math.min(to, at + chunkBlocks)])
}

/** Whether a row of the log can be looked up in the table: not without a key, nor by one that the log has masked. */
export function isSeekable(table: Table | null): boolean {
  return (
    table !== null &&
    table.schema.key.length > 0 &&
    !table.schema.key.some((column) => table.masks?.[column] !== null && table.masks?.[column] !== undefined)
  )
}

/** Rows of certain keys, wherever they are. */
export function keysChunk(table: Table, keys: readonly (readonly string[])[]): Chunk {
  const columns = table.schema.key.map((column) => quoteIdentifier(table.schema.columns[column]?.name ?? '')).join(', ')
  const list = keys.map((key) => `(${key.map(quoteLiteral).join(', ')})`).join(', ')
  const copy = `COPY (SELECT ${columnList(table)} FROM ${table.partitioned ? '' : 'ONLY '}${quotedName(table)} WHERE (${columns}) IN (${list})) TO STDOUT`
  return { sequence: null, relation: table.oid, file: null, from: 0, to: 0, firstIndex: 0, copy, lock: lockOf(table, table), forms: null }
}

export function columnList(table: Table): string {
  return table.schema.columns.map(({ name }) => quoteIdentifier(name)).join(', ')
}

type Named = Pick<Table, 'schemaName' | 'tableName'>

interface CopyRange {
  readonly where: string | null
  readonly from: number
  readonly to: number
  readonly only: string
  readonly forms: readonly ColumnForm[] | null
}

function copyOf(table: Table, from: Named, range: CopyRange): string {
  const conditions = [
    ...(range.from > 0 ? [`ctid >= '(${range.from},0)'`] : []),
    ...(range.to === END ? [] : [`ctid < '(${range.to},0)'`]),
    ...(range.where === null ? [] : [`(${range.where}\n)`]),
  ]
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  // The table's own name, so that a condition may name it.
  const format = range.forms === null ? '' : ' (FORMAT binary)'
  return `COPY (SELECT ${selectList(table, range.forms)} FROM ${range.only}${quotedName(from)} AS ${quoteIdentifier(table.tableName)}${where}) TO STDOUT${format}`
}

/** Not LOCK TABLE, which is refused where only some columns are granted. It reads nothing and locks as much. */
function lockOf(table: Table, named: Named): string {
  return `SELECT ${columnList(table)} FROM ${quotedName(named)} LIMIT 0`
}
