/** How a column of the catalog is selected by the snapshot, and how the text that comes back is read. */
import { MillraceError } from '@millrace/base'
import type { Type } from '@millrace/core'
import { quoteName } from '../connect.ts'
import { decimalType } from './binlog-cell.ts'
import type { CellReader } from './cell-sink.ts'
import type { Charsets } from './charset.ts'
import { dateTextReader, dateTimeTextReader, type ZeroDates } from './date-time.ts'
import { readDecimalText, readWideDecimalText } from './decimal.ts'
import { readFloatText } from './float.ts'
import { readBytes, readUtf8 } from './text.ts'
import { readBit, readBits, readWholeText } from './whole-number.ts'

/** A column as `information_schema.COLUMNS` tells it. */
export interface CatalogColumn {
  readonly name: string
  readonly dataType: string
  readonly columnType: string
  readonly width: number
  readonly scale: number
  readonly charset: string | null
  readonly nullable: boolean
}

export interface TextCell {
  readonly type: Type
  readonly read: CellReader
  /** What stands in the SELECT. */
  readonly expression: string
  /** Values may become NULL that are none in the source: dates that are no dates. */
  readonly mayBeNull: boolean
}

const WHOLE: Readonly<Record<string, 'int8' | 'int16' | 'int32' | 'int64'>> = {
  tinyint: 'int8',
  smallint: 'int16',
  mediumint: 'int32',
  int: 'int32',
  bigint: 'int64',
}
const BYTES = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
  'vector',
])
const TEXT = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set', 'time', 'inet4', 'inet6'])

export interface TextPlace {
  readonly source: string
  readonly table: string
  readonly charsets: Charsets
  readonly zeros: ZeroDates
}

export function textCellOf(column: CatalogColumn, place: TextPlace): TextCell {
  const { dataType, columnType, width, scale, charset, name } = column
  const { zeros } = place
  const expression = quoteName(name)
  const cell = (type: Type, read: CellReader, rest: Partial<TextCell> = {}): TextCell => ({
    type,
    read,
    expression,
    mayBeNull: false,
    ...rest,
  })
  const refuse = (what: string): MillraceError =>
    new MillraceError('SOURCE_COLUMN_UNREADABLE', { details: { source: place.source, table: place.table, column: name, what } })

  if (charset !== null && charset !== 'binary' && place.charsets.decoderOf(charset) === undefined) {
    throw refuse(`its character set (${charset}) cannot be decoded exactly`)
  }
  if (/compressed/i.test(columnType)) throw refuse('it is COMPRESSED')
  const whole = WHOLE[dataType]
  if (whole !== undefined) return cell({ kind: /unsigned/.test(columnType) ? `u${whole}` : whole }, readWholeText)
  if (BYTES.has(dataType)) return cell({ kind: 'bytes' }, readBytes)
  if (TEXT.has(dataType)) return cell({ kind: 'text' }, readUtf8)
  switch (dataType) {
    case 'decimal': {
      const type = decimalType(width, scale)
      return cell(type, type.kind === 'text' ? readWideDecimalText : readDecimalText)
    }
    case 'float':
      return cell({ kind: 'float32' }, readFloatText, { expression: `CAST(${expression} AS DOUBLE)` })
    case 'double':
      return cell({ kind: 'float64' }, readFloatText, { expression: `CAST(${expression} AS DOUBLE)` })
    case 'bit':
      return width === 1 ? cell({ kind: 'boolean' }, readBit) : cell({ kind: 'uint64' }, readBits)
    case 'year':
      return cell({ kind: 'int16' }, readWholeText)
    case 'date':
      return cell({ kind: 'date' }, dateTextReader(zeros), { mayBeNull: true })
    case 'datetime':
      return cell({ kind: 'timestamp' }, dateTimeTextReader(zeros), { mayBeNull: true })
    case 'timestamp':
      return cell({ kind: 'timestamptz' }, dateTimeTextReader(zeros), { mayBeNull: true })
    case 'json':
      return cell({ kind: 'json' }, readUtf8)
    case 'uuid':
      return cell({ kind: 'uuid' }, readUtf8)
    default:
      throw refuse(`its type (${dataType}) is not known here`)
  }
}
