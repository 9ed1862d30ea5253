/** How the values of a column lie in the binlog, by the TABLE_MAP's own words: type, size and reader. */
import { MillraceError } from '@millrace/base'
import type { Type } from '@millrace/core'
import { COLUMN_TYPE } from '../binlog/column-type.ts'
import type { MapColumn } from '../binlog/table-map.ts'
import type { CellReader } from './cell-sink.ts'
import { BINARY, type Charsets, type TextDecode } from './charset.ts'
import {
  dateReader,
  dateTimeReader,
  fractionBytes,
  oldDateTimeReader,
  oldTimestampReader,
  readOldTime,
  timeReader,
  timestampReader,
  type ZeroDates,
} from './date-time.ts'
import { decimalBytes, decimalReader, DECIMAL_WIDTH_MAX } from './decimal.ts'
import { readFloat32, readFloat64 } from './float.ts'
import { readJson } from './json-binary.ts'
import { readInet4, readInet6, readUuid } from './network-address.ts'
import { charReader, enumReader, paddedBytesReader, readBytes, readYear, setReader, textReader } from './text.ts'
import { readBit, readBits, wholeReader } from './whole-number.ts'

export interface BinlogCell {
  readonly type: Type
  /** So many bytes each; below zero: behind a length of so many bytes. */
  readonly size: number
  readonly read: CellReader
  /** For people: `varchar(20)`. */
  readonly sourceType: string
}

export interface CellPlace {
  readonly source: string
  readonly table: string
  readonly charsets: Charsets
  readonly zeros: ZeroDates
  /** What the catalog calls the type, where the binlog's bytes do not tell: `uuid`, `inet4`, `inet6`. */
  readonly catalogType: string | undefined
}

const WHOLE: Readonly<Record<number, { bytes: number; kind: 'int8' | 'int16' | 'int32' | 'int64'; name: string }>> = {
  [COLUMN_TYPE.TINY]: { bytes: 1, kind: 'int8', name: 'tinyint' },
  [COLUMN_TYPE.SHORT]: { bytes: 2, kind: 'int16', name: 'smallint' },
  [COLUMN_TYPE.INT24]: { bytes: 3, kind: 'int32', name: 'mediumint' },
  [COLUMN_TYPE.LONG]: { bytes: 4, kind: 'int32', name: 'int' },
  [COLUMN_TYPE.LONGLONG]: { bytes: 8, kind: 'int64', name: 'bigint' },
}
const NETWORK: Readonly<Record<string, { type: Type; read: CellReader }>> = {
  uuid: { type: { kind: 'uuid' }, read: readUuid },
  inet4: { type: { kind: 'text' }, read: readInet4 },
  inet6: { type: { kind: 'text' }, read: readInet6 },
}

export function binlogCellOf(column: MapColumn, place: CellPlace): BinlogCell {
  const whole = WHOLE[column.type]
  if (whole !== undefined) {
    const kind = column.isUnsigned ? (`u${whole.kind}` as const) : whole.kind
    const sourceType = column.isUnsigned ? `${whole.name} unsigned` : whole.name
    return { type: { kind }, size: whole.bytes, read: wholeReader(whole.bytes, column.isUnsigned), sourceType }
  }
  return numberCell(column) ?? temporalCell(column, place) ?? textCell(column, place)
}

function numberCell({ type, meta }: MapColumn): BinlogCell | null {
  switch (type) {
    case COLUMN_TYPE.FLOAT:
      return { type: { kind: 'float32' }, size: 4, read: readFloat32, sourceType: 'float' }
    case COLUMN_TYPE.DOUBLE:
      return { type: { kind: 'float64' }, size: 8, read: readFloat64, sourceType: 'double' }
    case COLUMN_TYPE.YEAR:
      return { type: { kind: 'int16' }, size: 1, read: readYear, sourceType: 'year' }
    case COLUMN_TYPE.BIT: {
      const bits = (meta & 0xff) * 8 + (meta >> 8)
      const rest = { size: (bits + 7) >> 3, sourceType: `bit(${bits})` }
      return bits === 1 ? { type: { kind: 'boolean' }, read: readBit, ...rest } : { type: { kind: 'uint64' }, read: readBits, ...rest }
    }
    case COLUMN_TYPE.NEWDECIMAL: {
      const [width, scale] = [meta >> 8, meta & 0xff]
      return {
        type: decimalType(width, scale),
        size: decimalBytes(width, scale),
        read: decimalReader(width, scale),
        sourceType: `decimal(${width},${scale})`,
      }
    }
    default:
      return null
  }
}

export function decimalType(width: number, scale: number): Type {
  return width > DECIMAL_WIDTH_MAX ? { kind: 'text' } : { kind: 'decimal', width, scale }
}

function temporalCell({ type, meta }: MapColumn, { zeros }: CellPlace): BinlogCell | null {
  const size = fractionBytes(meta)
  const digits = meta === 0 ? '' : `(${meta})`
  switch (type) {
    case COLUMN_TYPE.DATE:
    case COLUMN_TYPE.NEWDATE:
      return { type: { kind: 'date' }, size: 3, read: dateReader(zeros), sourceType: 'date' }
    case COLUMN_TYPE.DATETIME2:
      return { type: { kind: 'timestamp' }, size: 5 + size, read: dateTimeReader(meta, zeros), sourceType: `datetime${digits}` }
    case COLUMN_TYPE.DATETIME:
      return { type: { kind: 'timestamp' }, size: 8, read: oldDateTimeReader(zeros), sourceType: 'datetime' }
    case COLUMN_TYPE.TIMESTAMP2:
      return { type: { kind: 'timestamptz' }, size: 4 + size, read: timestampReader(meta, zeros), sourceType: `timestamp${digits}` }
    case COLUMN_TYPE.TIMESTAMP:
      return { type: { kind: 'timestamptz' }, size: 4, read: oldTimestampReader(zeros), sourceType: 'timestamp' }
    case COLUMN_TYPE.TIME2:
      return { type: { kind: 'text' }, size: 3 + size, read: timeReader(meta), sourceType: `time${digits}` }
    case COLUMN_TYPE.TIME:
      return { type: { kind: 'text' }, size: 3, read: readOldTime, sourceType: 'time' }
    default:
      return null
  }
}

function textCell(column: MapColumn, place: CellPlace): BinlogCell {
  const { type, meta } = column
  const isBinary = column.collation === BINARY
  switch (type) {
    case COLUMN_TYPE.ENUM:
    case COLUMN_TYPE.SET: {
      const decode = decodeOf(column, place)
      const labels = column.labels.map((label) => decode(label, 0, label.length))
      const isEnum = type === COLUMN_TYPE.ENUM
      return {
        type: { kind: 'text' },
        size: meta,
        read: isEnum ? enumReader(labels) : setReader(labels),
        sourceType: `${isEnum ? 'enum' : 'set'}(${labels.map((label) => `'${label.replaceAll("'", "''")}'`).join(',')})`,
      }
    }
    case COLUMN_TYPE.STRING: {
      const size = meta > 255 ? -2 : -1
      if (!isBinary) return { type: { kind: 'text' }, size, read: charReader(decodeOf(column, place)), sourceType: 'char' }
      const network = NETWORK[place.catalogType ?? '']
      if (network !== undefined) return { ...network, size, sourceType: place.catalogType ?? '' }
      return { type: { kind: 'bytes' }, size, read: paddedBytesReader(meta), sourceType: `binary(${meta})` }
    }
    case COLUMN_TYPE.VARCHAR:
    case COLUMN_TYPE.VAR_STRING: {
      const size = meta > 255 ? -2 : -1
      if (isBinary) return { type: { kind: 'bytes' }, size, read: readBytes, sourceType: `varbinary(${meta})` }
      return { type: { kind: 'text' }, size, read: textReader(decodeOf(column, place)), sourceType: 'varchar' }
    }
    case COLUMN_TYPE.JSON:
      return { type: { kind: 'json' }, size: -meta, read: readJson, sourceType: 'json' }
    case COLUMN_TYPE.GEOMETRY:
    case COLUMN_TYPE.VECTOR:
      return { type: { kind: 'bytes' }, size: -meta, read: readBytes, sourceType: type === COLUMN_TYPE.VECTOR ? 'vector' : 'geometry' }
    case COLUMN_TYPE.TINY_BLOB:
    case COLUMN_TYPE.BLOB:
    case COLUMN_TYPE.MEDIUM_BLOB:
    case COLUMN_TYPE.LONG_BLOB:
      if (isBinary) return { type: { kind: 'bytes' }, size: -meta, read: readBytes, sourceType: 'blob' }
      return { type: { kind: 'text' }, size: -meta, read: textReader(decodeOf(column, place)), sourceType: 'text' }
    default:
      throw unreadable(column, place, `its type (number ${type} of the binlog) is not known here`)
  }
}

function decodeOf(column: MapColumn, place: CellPlace): TextDecode {
  const charset = column.collation === null ? undefined : place.charsets.nameOf(column.collation)
  if (charset === 'binary') return (buffer, start, end) => buffer.toString('utf8', start, end)
  const decode = charset === undefined ? undefined : place.charsets.decoderOf(charset)
  if (decode === undefined)
    throw unreadable(column, place, `its character set (${charset ?? `collation ${column.collation}`}) cannot be decoded exactly`)
  return decode
}

function unreadable({ name }: MapColumn, { source, table }: CellPlace, what: string): MillraceError {
  return new MillraceError('SOURCE_COLUMN_UNREADABLE', { details: { source, table, column: name, what } })
}
