/**
 * How characters become values of a type. `read` decides what is a value and what is not; `form` is a short
 * cut for the common case, straight from bytes, which leaves to `read` whatever it is not sure of. Nothing is
 * rounded, cut or guessed: what is no value of the type is `undefined`, and its record is parked.
 */
import { unreachable } from '@millrace/base'
import { isWhole, type Layout, layoutOf, sqlNameOf, type Type } from '@millrace/core'
import { type CellForm, EXACT_DIGITS } from '../scan/cell-kernels.ts'
import { booleanReader } from './boolean.ts'
import type { CellOptions, TextReader } from './cell-options.ts'
import { dateReader, timeReader, timestampReader } from './date-time.ts'
import { decimalReader } from './decimal.ts'
import { floatReader } from './float.ts'
import { readBytesText, readJsonText, readOtherText, readUuid } from './text.ts'
import { rangeOf, wholeReader } from './whole-number.ts'

export interface CellType {
  readonly type: Type
  readonly layout: Layout
  readonly form: CellForm | null
  readonly read: TextReader
}

export function cellTypeOf(type: Type, options: CellOptions): CellType {
  return { type, layout: layoutOf(type), form: formOf(type, options), read: readerOf(type, options) }
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

function formOf(type: Type, options: CellOptions): CellForm | null {
  if (options.format !== undefined || options.thousandsSeparator !== undefined) return null
  const point = (options.decimalSeparator ?? '.').charCodeAt(0)
  if (isWhole(type)) {
    const { least, most } = rangeOf(type.kind)
    return { kind: 'numbers', point: NO_BYTE, scale: 0, lowest: Number(least), highest: Number(most) }
  }
  switch (type.kind) {
    case 'decimal': {
      const highest = 10 ** Math.min(type.width, EXACT_DIGITS) - 1
      return { kind: 'numbers', point, scale: type.scale, lowest: -highest, highest }
    }
    case 'float64':
      return { kind: 'numbers', point, scale: null, lowest: -Infinity, highest: Infinity }
    case 'boolean':
      return options.booleans === undefined ? { kind: 'booleans' } : null
    case 'date':
      return { kind: 'dates' }
    case 'timestamp':
      return { kind: 'timestamps' }
    default:
      return null
  }
}

const NO_BYTE = 256
