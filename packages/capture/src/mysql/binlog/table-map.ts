/**
 * TABLE_MAP: the shape of a table as it was when its rows were written. The rows that follow are decoded
 * by it and by nothing else, so that no row is ever read with another shape (law 4). For that the optional
 * metadata must be there: names, signs, character sets and labels (`binlog_row_metadata = FULL`).
 */
import { LengthEncoded } from '../wire/length-encoded.ts'
import type { Dialect } from './event-type.ts'
import { COLUMN_TYPE, type RawColumn } from './column-type.ts'
import { readOptionalMetadata } from './optional-metadata.ts'
import { MalformedError } from './malformed.ts'

export interface MapColumn {
  readonly name: string
  /** The real type: ENUM and SET are told as such, though they are stored as STRING. */
  readonly type: number
  /** Two bytes whose meaning is the type's: length, digits, width and scale. */
  readonly meta: number
  readonly nullable: boolean
  readonly isUnsigned: boolean
  /** The number of the collation, for text; null for other types. */
  readonly collation: number | null
  /** Of ENUM and SET, in the bytes of their character set. */
  readonly labels: readonly Buffer[]
}

export interface TableMap {
  readonly database: string
  readonly table: string
  /** Null where the server sent no names. */
  readonly columns: readonly MapColumn[] | null
  /** Indexes of the primary key's columns, in the key's order. */
  readonly key: readonly number[]
}

const TWO_BYTES_META: ReadonlySet<number> = new Set([
  COLUMN_TYPE.VARCHAR,
  COLUMN_TYPE.BIT,
  COLUMN_TYPE.NEWDECIMAL,
  COLUMN_TYPE.ENUM,
  COLUMN_TYPE.SET,
  COLUMN_TYPE.VAR_STRING,
  COLUMN_TYPE.STRING,
  COLUMN_TYPE.VARCHAR_COMPRESSED,
])
const ONE_BYTE_META: ReadonlySet<number> = new Set([
  COLUMN_TYPE.FLOAT,
  COLUMN_TYPE.DOUBLE,
  COLUMN_TYPE.TINY_BLOB,
  COLUMN_TYPE.MEDIUM_BLOB,
  COLUMN_TYPE.LONG_BLOB,
  COLUMN_TYPE.BLOB,
  COLUMN_TYPE.GEOMETRY,
  COLUMN_TYPE.JSON,
  COLUMN_TYPE.TIME2,
  COLUMN_TYPE.DATETIME2,
  COLUMN_TYPE.TIMESTAMP2,
  COLUMN_TYPE.BLOB_COMPRESSED,
  COLUMN_TYPE.VECTOR,
])

/** The names alone, which come first: enough to pass over a table that nobody wants. `body` begins after the table's number. */
export function readTableName(body: Buffer): { database: string; table: string; next: number } {
  const databaseEnd = 3 + body.readUInt8(2)
  const tableStart = databaseEnd + 2
  const tableEnd = tableStart + body.readUInt8(tableStart - 1)
  if (tableEnd >= body.length) throw new MalformedError('a name ends beyond the event')
  return { database: body.toString('utf8', 3, databaseEnd), table: body.toString('utf8', tableStart, tableEnd), next: tableEnd + 1 }
}

/** Raises MalformedError, or RangeError of a buffer, where the bytes end too soon. */
export function readTableMap(body: Buffer, dialect: Dialect): TableMap {
  const { database, table, next } = readTableName(body)
  const reader = new LengthEncoded()
  reader.at = next
  const count = reader.read(body)
  const types = body.subarray(reader.at, reader.at + count)
  reader.at += count
  const metaLength = reader.read(body)
  const raw = readMeta(types, body.subarray(reader.at, reader.at + metaLength))
  reader.at += metaLength
  const nulls = reader.at
  reader.at += (count + 7) >> 3
  if (reader.at > body.length || raw.length !== count) throw new MalformedError('the columns end beyond the event')
  const told = readOptionalMetadata(body.subarray(reader.at), raw, dialect)
  const columns =
    told.names === null || told.names.length !== count
      ? null
      : raw.map((column, index): MapColumn => {
          return {
            ...column,
            name: told.names?.[index] ?? '',
            nullable: ((body[nulls + (index >> 3)] ?? 0) & (1 << (index & 7))) !== 0,
            isUnsigned: told.unsigned.has(index),
            collation: told.collations.get(index) ?? null,
            labels: told.labels.get(index) ?? [],
          }
        })
  return { database, table, columns, key: told.key.every((index) => index < count) ? told.key : [] }
}

function readMeta(types: Buffer, meta: Buffer): RawColumn[] {
  const columns: RawColumn[] = []
  let at = 0
  for (const type of types) {
    if (TWO_BYTES_META.has(type)) {
      columns.push(realColumn(type, meta.readUInt8(at), meta.readUInt8(at + 1)))
      at += 2
    } else if (ONE_BYTE_META.has(type)) {
      columns.push({ type, meta: meta.readUInt8(at) })
      at += 1
    } else columns.push({ type, meta: 0 })
  }
  return columns
}

/** STRING hides ENUM and SET, and two bits of its length, in the first of its two bytes. */
function realColumn(type: number, first: number, second: number): RawColumn {
  if (type === COLUMN_TYPE.VARCHAR || type === COLUMN_TYPE.VAR_STRING || type === COLUMN_TYPE.VARCHAR_COMPRESSED) {
    return { type, meta: first | (second << 8) }
  }
  if (type !== COLUMN_TYPE.STRING) return { type, meta: (first << 8) | second }
  if ((first & 0x30) !== 0x30) return { type: first | 0x30, meta: second | (((first & 0x30) ^ 0x30) << 4) }
  return { type: first, meta: second }
}
