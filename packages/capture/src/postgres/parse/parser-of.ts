import { unreachable } from '@millrace/base'
import type { Type } from '@millrace/core'
import { parseBoolean } from './boolean.ts'
import { parseBytes } from './bytes.ts'
import type { CellParser, ColumnPlace } from './cell-parser.ts'
import { parseDate, parseTime, timestampParser } from './date-time.ts'
import { decimalParser } from './decimal.ts'
import { parseFloat32, parseFloat64 } from './float.ts'
import { parseText } from './text.ts'
import { parseWholeNumber } from './whole-number.ts'

/** The parser of a column's type, chosen once, when its table becomes known. */
export function parserOf(type: Type, place: ColumnPlace): CellParser {
  switch (type.kind) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'hugeint':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return parseWholeNumber
    case 'decimal':
      return decimalParser(type.width, type.scale, place)
    case 'float32':
      return parseFloat32
    case 'float64':
      return parseFloat64
    case 'boolean':
      return parseBoolean
    case 'bytes':
      return parseBytes
    case 'date':
      return parseDate
    case 'time':
      return parseTime
    case 'timestamp':
    case 'timestamptz':
      return timestampParser(type.kind, place)
    case 'text':
    case 'uuid':
    case 'json':
    case 'interval':
    case 'enum':
    case 'list':
    case 'struct':
    case 'map':
      // No column of Postgres is mapped to the last five.
      return parseText
    default:
      return unreachable(type, 'every type has a parser')
  }
}
