/**
 * MySQL's binary JSON, printed as the server prints it: `{"a": 1, "b": [true, null]}`. The layout is that
 * of `json_binary.h`: small documents have offsets of two bytes, large ones of four; objects hold their
 * keys sorted; short scalars stand inline in the table of values.
 */
import { decimalReader } from './decimal.ts'
import { dateTimeTextOf } from './json-opaque.ts'
import type { CellSink } from './cell-sink.ts'
import { utf8Slice } from './slices.ts'
import { MalformedError } from '../binlog/malformed.ts'

const TYPE = {
  SMALL_OBJECT: 0x00,
  LARGE_OBJECT: 0x01,
  SMALL_ARRAY: 0x02,
  LARGE_ARRAY: 0x03,
  LITERAL: 0x04,
  INT16: 0x05,
  UINT16: 0x06,
  INT32: 0x07,
  UINT32: 0x08,
  INT64: 0x09,
  UINT64: 0x0a,
  DOUBLE: 0x0b,
  STRING: 0x0c,
  OPAQUE: 0x0f,
} as const
const LITERALS = ['null', 'true', 'false']
/** The server itself allows no deeper document. */
const DEPTH_MAX = 100
const NEW_DECIMAL = 246
const TEMPORAL = new Set([7, 10, 11, 12])

export function readJson(buffer: Buffer, start: number, end: number, into: CellSink): void {
  // An empty value stands for the null that a NOT NULL column gets where a statement gave none.
  into.pushText(start === end ? 'null' : jsonText(buffer.subarray(start, end)))
}

export function jsonText(bytes: Buffer): string {
  return valueText(bytes, { type: bytes.readUInt8(0), at: 1, depth: 0 })
}

interface Place {
  readonly type: number
  readonly at: number
  readonly depth: number
}

function valueText(bytes: Buffer, { type, at, depth }: Place): string {
  if (depth > DEPTH_MAX) throw new MalformedError('the document is nested too deeply')
  switch (type) {
    case TYPE.SMALL_OBJECT:
    case TYPE.LARGE_OBJECT:
      return containerText(bytes, { at, depth, isLarge: type === TYPE.LARGE_OBJECT, isObject: true })
    case TYPE.SMALL_ARRAY:
    case TYPE.LARGE_ARRAY:
      return containerText(bytes, { at, depth, isLarge: type === TYPE.LARGE_ARRAY, isObject: false })
    case TYPE.LITERAL:
      return LITERALS[bytes.readUInt8(at)] ?? 'null'
    case TYPE.INT16:
      return String(bytes.readInt16LE(at))
    case TYPE.UINT16:
      return String(bytes.readUInt16LE(at))
    case TYPE.INT32:
      return String(bytes.readInt32LE(at))
    case TYPE.UINT32:
      return String(bytes.readUInt32LE(at))
    case TYPE.INT64:
      return String(bytes.readBigInt64LE(at))
    case TYPE.UINT64:
      return String(bytes.readBigUInt64LE(at))
    case TYPE.DOUBLE:
      return doubleText(bytes.readDoubleLE(at))
    case TYPE.STRING: {
      const { length, next } = variableLength(bytes, at)
      return quoted(sliceText(bytes, next, length))
    }
    case TYPE.OPAQUE:
      return opaqueText(bytes, at)
    default:
      throw new MalformedError(`the type ${type} is unknown`)
  }
}

interface Container {
  readonly at: number
  readonly depth: number
  readonly isLarge: boolean
  readonly isObject: boolean
}

/** Count and size, then entries of keys (offset, length) and of values (type, offset or the value itself). */
function containerText(bytes: Buffer, { at, depth, isLarge, isObject }: Container): string {
  const width = isLarge ? 4 : 2
  const number = (place: number): number => bytes.readUIntLE(place, width)
  const count = number(at)
  const keys = at + 2 * width
  const values = keys + (isObject ? count * (width + 2) : 0)
  if (values + count * (width + 1) > bytes.length) throw new MalformedError('the document ends before its entries')
  const parts: string[] = []
  for (let index = 0; index < count; index += 1) {
    const entry = values + index * (width + 1)
    const type = bytes.readUInt8(entry)
    const isInline =
      type === TYPE.LITERAL || type === TYPE.INT16 || type === TYPE.UINT16 || (isLarge && (type === TYPE.INT32 || type === TYPE.UINT32))
    const value = valueText(bytes, { type, at: isInline ? entry + 1 : at + number(entry + 1), depth: depth + 1 })
    const key = keys + index * (width + 2)
    parts.push(isObject ? `${quoted(sliceText(bytes, at + number(key), bytes.readUInt16LE(key + width)))}: ${value}` : value)
  }
  return isObject ? `{${parts.join(', ')}}` : `[${parts.join(', ')}]`
}

function sliceText(bytes: Buffer, start: number, length: number): string {
  if (start + length > bytes.length) throw new MalformedError('a text ends beyond the document')
  return utf8Slice(bytes, start, start + length)
}

/** Seven bits a byte, the lowest first; the high bit says that more follow. */
function variableLength(bytes: Buffer, at: number): { length: number; next: number } {
  let length = 0
  for (let index = 0; index < 5; index += 1) {
    const byte = bytes.readUInt8(at + index)
    length += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return { length, next: at + index + 1 }
  }
  throw new MalformedError('a length has more than five bytes')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what JSON escapes
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (character) => {
    return ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
  return `"${escaped}"`
}

/** The shortest digits that read back as the same number, as `my_gcvt` lays them out; whole ones with `.0`. */
export function doubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', power = ''] = value.toExponential().split('e')
  const exponent = Number(power)
  const sign = mantissa.startsWith('-') ? '-' : ''
  const digits = mantissa.replace('-', '').replace('.', '')
  if (exponent < -15 || exponent > 14) {
    return `${sign}${digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`}e${exponent}`
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}.0`
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** Values that JSON has no form for: decimals as numbers, dates and times as text, the rest in base64. */
function opaqueText(bytes: Buffer, at: number): string {
  const type = bytes.readUInt8(at)
  const { length, next } = variableLength(bytes, at + 1)
  if (next + length > bytes.length) throw new MalformedError('a value ends beyond the document')
  const value = bytes.subarray(next, next + length)
  if (type === NEW_DECIMAL) return decimalText(value)
  if (TEMPORAL.has(type)) return `"${dateTimeTextOf(type, value)}"`
  return `"base64:type${type}:${value.toString('base64')}"`
}

function decimalText(value: Buffer): string {
  const [width, scale] = [value.readUInt8(0), value.readUInt8(1)]
  let text = ''
  const into = { pushText: (whole: string) => (text = whole) }
  // Read by the widest reader, which makes text of any number of digits.
  decimalReader(width, scale, true)(value, 2, value.length, into as unknown as CellSink)
  return text
}
