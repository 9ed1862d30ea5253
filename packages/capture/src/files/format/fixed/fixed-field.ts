/** One field of a layout, made ready to be read from records. */
import { MillraceError } from '@millrace/base'
import { type FixedField, type Type, type Value, wholeNumber } from '@millrace/core'
import { typeOfName } from '../schema-of-format.ts'
import { cellTypeOf, describeMisfit } from '../value/cell-type.ts'
import { rangeOf, type WholeKind } from '../value/whole-number.ts'
import { readBinary, readDigits, readOverpunch, readPacked } from './number-storage.ts'

export interface FieldReader {
  readonly name: string
  readonly type: Type
  readonly start: number
  readonly end: number
  /** True where the bytes are no characters. */
  readonly raw: boolean
  readonly nullable: boolean
  readText(text: string): Value | undefined
  readBytes(bytes: Uint8Array): Value | undefined
  describe(shown: string): string
}

export function fieldReader(field: FixedField, file: string): FieldReader {
  const type = typeOfName(field.type, file)
  const storage = field.storage ?? 'text'
  check(field, type, file)
  const cell = cellTypeOf(type, { format: field.format, name: file })
  const nulls = new Set(field.nullText ?? [''])
  const fromWhole = wholeReaderOf(type, field, cell.read)
  const implied = type.kind === 'decimal' && field.point !== 'written'
  const whole = isWhole(type)
  return {
    name: field.name,
    type,
    start: field.start - 1,
    end: field.start - 1 + field.length,
    raw: storage === 'packed' || storage.startsWith('binary') || type.kind === 'bytes',
    nullable: field.nullable ?? true,
    readText(given) {
      const text = unpadded(given, field, type)
      if (nulls.has(text)) return null
      if (storage === 'overpunch') return fromWhole(readOverpunch(text))
      return implied || whole ? fromWhole(readDigits(text)) : cell.read(text)
    },
    readBytes(bytes) {
      if (type.kind === 'bytes') return Uint8Array.from(bytes)
      if (storage === 'packed') return fromWhole(readPacked(bytes))
      return fromWhole(readBinary(bytes, { signed: !type.kind.startsWith('u'), little: storage === 'binary-little' }))
    },
    describe: (shown) => describeMisfit(type, shown, field.format),
  }
}

/** A whole number of units becomes a value: as it is, or of a date as the digits that its form asks for. */
function wholeReaderOf(
  type: Type,
  field: FixedField,
  read: (text: string) => Value | undefined,
): (value: bigint | undefined) => Value | undefined {
  if (isWhole(type)) {
    const { least, most } = rangeOf(type.kind as WholeKind)
    return (value) => (value === undefined || value < least || value > most ? undefined : wholeNumber(value))
  }
  if (type.kind === 'decimal') {
    const limit = 10n ** BigInt(type.width)
    return (value) => (value === undefined || value >= limit || value <= -limit ? undefined : wholeNumber(value))
  }
  const length = field.format?.length ?? 0
  return (value) => (value === undefined || value < 0n ? undefined : read(String(value).padStart(length, '0')))
}

function unpadded(text: string, field: FixedField, type: Type): string {
  const side = field.padSide ?? (type.kind === 'text' ? 'right' : 'left')
  const pad = field.padCharacter ?? ' '
  let start = 0
  let end = text.length
  if (side !== 'right') while (start < end && text[start] === pad) start += 1
  if (side !== 'left') while (end > start && text[end - 1] === pad) end -= 1
  const kept = text.slice(start, end)
  // Nothing but zeros is the number zero.
  if (kept === '' && pad === '0' && text !== '' && type.kind !== 'text') return '0'
  return type.kind === 'text' ? kept : kept.trim()
}

function isWhole(type: Type): boolean {
  return /^(?:u?int\d+|hugeint)$/.test(type.kind)
}

function check(field: FixedField, type: Type, name: string): void {
  const fail = (problem: string): never => {
    throw new MillraceError('FILE_FORMAT_INVALID', { details: { name, problem: `the field '${field.name}' ${problem}` } })
  }
  const storage = field.storage ?? 'text'
  if (!Number.isInteger(field.start) || field.start < 1 || !Number.isInteger(field.length) || field.length < 1)
    fail('has no place: start and length begin at 1')
  if ((field.padCharacter ?? ' ').length !== 1) fail('is padded with one character')
  if (storage === 'text') return
  const digits = field.format !== undefined && /^(?:YYYY|YY|MM|DDD|DD|hh|mm|ss)+$/.test(field.format)
  if (!isWhole(type) && type.kind !== 'decimal' && !digits)
    fail(`is stored as ${storage}, which holds whole numbers, decimals, and dates whose form is digits alone`)
  if (storage.startsWith('binary') && field.length > BINARY_BYTES_MAX) fail(`is longer than ${BINARY_BYTES_MAX} bytes`)
}

const BINARY_BYTES_MAX = 16
