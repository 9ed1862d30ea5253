/**
 * How characters become values of a type. `read` decides what is a value and what is not; `fast` is a short
 * cut for the common case, straight from bytes, which gives up (NaN) whenever `read` should look. Nothing is
 * rounded, cut or guessed: what is no value of the type is `undefined`, and its record is parked.
 */
import { unreachable } from '@millrace/base'
import { isWhole, type Layout, layoutOf, sqlNameOf, type Type } from '@millrace/core'
import { booleanReader, fastBoolean } from './boolean.ts'
import type { CellOptions, FastNumber, TextReader } from './cell-options.ts'
import { dateReader, fastDate, fastTimestamp, timeReader, timestampReader } from './date-time.ts'
import { decimalReader, fastDecimal } from './decimal.ts'
import { fastFloat, floatReader } from './float.ts'
import { readBytesText, readJsonText, readOtherText, readUuid } from './text.ts'
import { fastWhole, wholeReader } from './whole-number.ts'

export interface CellType {
  readonly type: Type
  readonly layout: Layout
  readonly fast: FastNumber | null
  readonly read: TextReader
}

export function cellTypeOf(type: Type, options: CellOptions): CellType {
  return { type, layout: layoutOf(type), fast: fastOf(type, options), read: readerOf(type, options) }
}

/** For people: what a value that did not fit should have been. */
export function describeMisfit(type: Type, text: string, format?: string): string {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
  return `${JSON.stringify(shown)} is no ${sqlNameOf(type)}${format === undefined ? '' : ` of the form ${format}`}`
}

const SHOWN_CHARACTERS = 80

function readerOf(type: Type, options: CellOptions): TextReader {
  if (isWhole(type)) return wholeReader(type.kind, options)
  switch (type.kind) {
    case 'decimal':
      return decimalReader(type.width, type.scale, options)
    case 'float32':
    case 'float64':
      return floatReader(type.kind, options)
    case 'boolean':
      return booleanReader(options)
    case 'date':
      return dateReader(options)
    case 'time':
      return timeReader(options)
    case 'timestamp':
    case 'timestamptz':
      return timestampReader(type.kind, options)
    case 'uuid':
      return readUuid
    case 'json':
      return readJsonText
    case 'bytes':
      return readBytesText
    case 'text':
      return (text) => text
    case 'interval':
    case 'enum':
    case 'list':
    case 'struct':
    case 'map':
      return (text) => readOtherText(type, text)
    default:
      return unreachable(type, 'every type has a reader')
  }
}

function fastOf(type: Type, options: CellOptions): FastNumber | null {
  if (options.format !== undefined || options.thousandsSeparator !== undefined) return null
  if (isWhole(type)) return fastWhole(type.kind)
  switch (type.kind) {
    case 'decimal':
      return fastDecimal(type.width, type.scale, options)
    case 'float64':
      return fastFloat(options)
    case 'boolean':
      return options.booleans === undefined ? fastBoolean : null
    case 'date':
      return fastDate
    case 'timestamp':
      return fastTimestamp
    default:
      return null
  }
}
