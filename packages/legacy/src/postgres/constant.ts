/** Constants of a stored query, which Postgres keeps as the bytes of its own memory. Little-endian machines only, as all that run it are. */
import { OID } from './type.ts'

export type ConstantValue =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'numeric'; readonly text: string; readonly scale: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'date'; readonly text: string }
  | { readonly kind: 'timestamp'; readonly text: string }
  | { readonly kind: 'interval'; readonly months: number; readonly days: number; readonly micros: bigint }
  | { readonly kind: 'array'; readonly element: number; readonly values: readonly (ConstantValue | null)[] }
  | { readonly kind: 'json'; readonly text: string }

const DAY_MS = 86_400_000
const EPOCH_MS = Date.UTC(2000, 0, 1)

/** Null where the type's bytes are not known here. */
export function readConstant(type: number, bytes: Uint8Array): ConstantValue | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (type) {
    case OID.bool:
      return { kind: 'boolean', value: bytes[0] !== 0 }
    case OID.int2:
      return { kind: 'integer', value: BigInt(view.getInt16(0, true)) }
    case OID.int4:
      return { kind: 'integer', value: BigInt(view.getInt32(0, true)) }
    case OID.int8:
      return { kind: 'integer', value: view.getBigInt64(0, true) }
    case OID.float8:
      return { kind: 'float', value: view.getFloat64(0, true) }
    case OID.float4:
      return { kind: 'float', value: view.getFloat32(0, true) }
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.json:
      return { kind: 'text', value: new TextDecoder().decode(body(bytes)) }
    case OID.unknown:
    case OID.name:
      return { kind: 'text', value: new TextDecoder().decode(bytes).replace(/\0.*$/s, '') }
    case OID.numeric:
      return readNumeric(body(bytes))
    case OID.date:
      return readDate(view.getInt32(0, true))
    case OID.timestamp:
    case OID.timestamptz:
      return readTimestamp(view.getBigInt64(0, true))
    case OID.interval:
      return { kind: 'interval', micros: view.getBigInt64(0, true), days: view.getInt32(8, true), months: view.getInt32(12, true) }
    case OID.jsonb:
      return readJsonb(body(bytes))
    default:
      return readArray(bytes)
  }
}

/** What follows the length of a value that has its own: four bytes, or one with the lowest bit set. */
function body(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(((bytes[0] ?? 0) & 1) === 1 ? 1 : 4)
}

/** Digits to base 10,000 with a weight; a short form packs sign, scale and weight into two bytes. */
function readNumeric(bytes: Uint8Array): ConstantValue | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = view.getUint16(0, true)
  if ((header & 0xc000) === 0xc000) return null
  const isShort = (header & 0x8000) !== 0
  const isNegative = isShort ? (header & 0x2000) !== 0 : (header & 0xc000) === 0x4000
  const scale = isShort ? (header & 0x1f80) >> 7 : header & 0x3fff
  const weight = isShort ? ((header & 0x40) !== 0 ? -64 : 0) + (header & 0x3f) : view.getInt16(2, true)
  let unscaled = 0n
  const start = isShort ? 2 : 4
  const groups = (bytes.length - start) >> 1
  for (let group = 0; group < groups; group++) unscaled = unscaled * 10_000n + BigInt(view.getUint16(start + group * 2, true))
  // The last group stands for 10000^(weight - groups + 1).
  const exponent = (weight - groups + 1) * 4 + scale
  unscaled = exponent >= 0 ? unscaled * 10n ** BigInt(exponent) : unscaled / 10n ** BigInt(-exponent)
  const digits = unscaled.toString().padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return { kind: 'numeric', text: isNegative ? `-${text}` : text, scale }
}

function readDate(days: number): ConstantValue | null {
  if (Math.abs(days) >= 2 ** 31 - 1) return null
  return { kind: 'date', text: isoText(EPOCH_MS + days * DAY_MS).slice(0, 10) }
}

function readTimestamp(micros: bigint): ConstantValue | null {
  const millis = micros / 1000n
  if (millis > 8_000_000_000_000n || millis < -60_000_000_000_000n) return null
  const whole = (((micros % 1_000_000n) + 1_000_000n) % 1_000_000n).toString().padStart(6, '0')
  const seconds = Number((micros - BigInt(whole)) / 1_000_000n)
  const text = isoText(EPOCH_MS + seconds * 1000)
    .replace('T', ' ')
    .slice(0, 19)
  return { kind: 'timestamp', text: whole === '000000' ? text : `${text}.${whole}` }
}

function isoText(ms: number): string {
  return new Date(ms).toISOString()
}

/** One dimension, no NULLs: what literals and stored queries hold. */
function readArray(bytes: Uint8Array): ConstantValue | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 16) return null
  const [dimensions, dataOffset, element] = [view.getInt32(4, true), view.getInt32(8, true), view.getInt32(12, true)]
  if (dimensions === 0) return { kind: 'array', element, values: [] }
  if (dimensions !== 1 || dataOffset !== 0) return null
  const count = view.getInt32(16, true)
  const values: (ConstantValue | null)[] = []
  let at = 24
  for (let index = 0; index < count; index++) {
    const size = FIXED_SIZE[element]
    const alignment = element === OID.int8 || element === OID.float8 || element === OID.timestamp ? 8 : 4
    at = Math.ceil(at / alignment) * alignment
    const length = size ?? view.getUint32(at, true) >>> 2
    const value = readConstant(element, bytes.subarray(at, at + length))
    if (value === null) return null
    values.push(value)
    at += length
  }
  return { kind: 'array', element, values }
}

const FIXED_SIZE: Readonly<Record<number, number>> = {
  [OID.int4]: 4,
  [OID.int8]: 8,
  [OID.float8]: 8,
  [OID.date]: 4,
  [OID.timestamp]: 8,
}

/** The empty object and the empty array, which defaults are made of, and objects whose values are texts. */
function readJsonb(bytes: Uint8Array): ConstantValue | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = view.getUint32(0, true)
  const count = header & 0x0fffffff
  const isObject = (header & 0x20000000) !== 0
  const isPlainArray = (header & 0x40000000) !== 0 && (header & 0x10000000) === 0
  if (count === 0 && isObject) return { kind: 'json', text: '{}' }
  if (count === 0 && isPlainArray) return { kind: 'json', text: '[]' }
  return null
}
