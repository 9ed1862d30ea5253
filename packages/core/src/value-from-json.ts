/**
 * Reads a value back from JSON: the inverse of `valueToJson`, and what people and programs write by hand
 * (`2026-11-21T09:00:00Z`). Nothing is rounded, cut or guessed: what the type cannot hold is refused.
 */
import { MillraceError } from '@millrace/base'
import { intervalFromText, intervalToText } from './interval.ts'
import { innerText, listText, structText } from './nested-value.ts'
import { entriesOf, isWhole, type MapType, type NestedType, sqlNameOf, type Type } from './type.ts'
import { DATE_INFINITY, daysFromCivil, type JsonValue, TIMESTAMP_INFINITY, type Value, wholeNumber } from './value.ts'

/** Raises VALUE_UNREADABLE, with what is wrong and never with the value itself. */
export function valueFromJson(type: Type, json: JsonValue): Value {
  if (json === null) return null
  if (isWhole(type)) return wholeFrom(type, json)
  switch (type.kind) {
    case 'boolean':
      return booleanFrom(type, json)
    case 'decimal':
      return decimalFrom(type, json)
    case 'float32':
    case 'float64':
      return floatFrom(type, json)
    case 'date':
      return dateFrom(type, textFrom(type, json))
    case 'time':
      return timeFrom(type, textFrom(type, json))
    case 'timestamp':
    case 'timestamptz':
      return instantFrom(type, textFrom(type, json))
    case 'bytes':
      return bytesFrom(type, textFrom(type, json))
    case 'uuid':
      return uuidFrom(type, textFrom(type, json))
    case 'json':
      return jsonFrom(type, json)
    case 'text':
      return textFrom(type, json)
    case 'interval':
      return intervalFrom(type, textFrom(type, json))
    case 'enum':
      if (type.members.includes(textFrom(type, json))) return json as string
      throw unreadable(type, 'a text that is none of its members')
    case 'list':
    case 'struct':
      return nestedFrom(type, json)
    case 'map':
      return mapFrom(type, json)
  }
}

function intervalFrom(type: Type, text: string): string {
  const interval = intervalFromText(text)
  if (interval === null) throw unreadable(type, 'no interval like 1 month 2 days 03:04:05')
  return intervalToText(interval)
}

/** From the list of its entries; from an object where people write one. */
function mapFrom(type: MapType, json: JsonValue): string {
  const read = typeof json === 'string' ? parsed(type, json) : json
  if (typeof read !== 'object' || read === null) throw unreadable(type, 'one value where entries are wanted')
  const entries = isList(read) ? read : Object.entries(read).map(([key, value]) => ({ key, value }))
  const text = nestedFrom(entriesOf(type), entries)
  const keys = (JSON.parse(text) as readonly { readonly key: JsonValue }[]).map(({ key }) => JSON.stringify(key))
  if (keys.includes('null')) throw unreadable(type, 'an entry without a key')
  if (new Set(keys).size < keys.length) throw unreadable(type, 'two entries of one key')
  return text
}

/** From the value itself, or from its text. */
function nestedFrom(type: Exclude<NestedType, MapType>, json: JsonValue): string {
  const read = typeof json === 'string' ? parsed(type, json) : json
  const inner = (innerType: Type, item: JsonValue): string => innerText(innerType, valueFromJson(innerType, item))
  if (typeof read !== 'object' || read === null) throw unreadable(type, 'one value where several are wanted')
  if (type.kind === 'list') {
    if (!isList(read)) throw unreadable(type, 'an object where a list is wanted')
    return listText(read.map((item) => inner(type.element, item)))
  }
  if (isList(read)) throw unreadable(type, 'a list where an object is wanted')
  const names = type.fields.map(({ name }) => name)
  if (Object.keys(read).some((name) => !names.includes(name))) throw unreadable(type, 'a member that it does not have')
  return structText(
    names,
    type.fields.map((field) => inner(field.type, read[field.name] ?? null)),
  )
}

function isList(json: JsonValue): json is readonly JsonValue[] {
  return Array.isArray(json)
}

function parsed(type: Type, text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch (cause) {
    throw new MillraceError('VALUE_UNREADABLE', { cause, details: { type: sqlNameOf(type), what: 'a text that is not JSON' } })
  }
}

/** The least and the greatest whole number of each kind. */
const RANGE: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-(2n ** 7n), 2n ** 7n - 1n],
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  hugeint: [-(2n ** 127n), 2n ** 127n - 1n],
  uint8: [0n, 2n ** 8n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

const DAY_MICROS = 86_400_000_000n

function unreadable(type: Type, what: string): MillraceError {
  return new MillraceError('VALUE_UNREADABLE', { details: { type: sqlNameOf(type), what } })
}

function textFrom(type: Type, json: JsonValue): string {
  if (typeof json === 'string') return json
  throw unreadable(type, `a ${typeof json} where a text is wanted`)
}

function booleanFrom(type: Type, json: JsonValue): boolean {
  if (typeof json === 'boolean') return json
  throw unreadable(type, `a ${typeof json} where true or false is wanted`)
}

function wholeFrom(type: Type, json: JsonValue): number | bigint {
  if (typeof json === 'number' && !Number.isSafeInteger(json)) {
    throw unreadable(
      type,
      Number.isInteger(json) ? 'a number too large to be exact in JSON; write it as a text' : 'a number that is not whole',
    )
  }
  if (typeof json !== 'number' && (typeof json !== 'string' || !/^-?\d{1,40}$/.test(json))) throw unreadable(type, 'no whole number')
  const value = BigInt(json)
  const [least, most] = RANGE[type.kind] as readonly [bigint, bigint]
  if (value < least || value > most) throw unreadable(type, 'a number outside its range')
  return wholeNumber(value)
}

function decimalFrom(type: Extract<Type, { kind: 'decimal' }>, json: JsonValue): number | bigint {
  const match = typeof json === 'boolean' || typeof json === 'object' ? null : /^(-?)(\d{0,40})(?:\.(\d{1,80}))?$/.exec(String(json))
  const [, sign = '', whole = '', fraction = ''] = match ?? []
  if (match === null || (whole === '' && fraction === '')) throw unreadable(type, 'no decimal number in plain digits')
  const needed = fraction.replace(/0+$/, '')
  if (needed.length > type.scale) throw unreadable(type, 'more digits after the point than it has')
  const unscaled = BigInt(`${whole}${needed.padEnd(type.scale, '0')}`)
  if (unscaled >= 10n ** BigInt(type.width)) throw unreadable(type, 'more digits than it has')
  return wholeNumber(sign === '-' ? -unscaled : unscaled)
}

function floatFrom(type: Type, json: JsonValue): number {
  if (typeof json === 'number') return type.kind === 'float32' ? Math.fround(json) : json
  if (json === 'NaN') return Number.NaN
  if (json === 'Infinity') return Infinity
  if (json === '-Infinity') return -Infinity
  if (typeof json !== 'string' || !/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(json)) throw unreadable(type, 'no number')
  return type.kind === 'float32' ? Math.fround(Number(json)) : Number(json)
}

function dateFrom(type: Type, text: string): number {
  if (text === 'infinity') return DATE_INFINITY
  if (text === '-infinity') return -DATE_INFINITY
  return daysOf(type, text)
}

/** `YYYY-MM-DD`, perhaps with ` (BC)`. */
function daysOf(type: Type, text: string): number {
  const match = /^(\d{4,7})-(\d\d)-(\d\d)( \(BC\))?$/.exec(text)
  if (match === null) throw unreadable(type, 'no date like 2026-11-21')
  const year = match[4] === undefined ? Number(match[1]) : 1 - Number(match[1])
  const [month, day] = [Number(match[2]), Number(match[3])]
  const days = daysFromCivil(year, month, day)
  const isReal =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysFromCivil(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - daysFromCivil(year, month, 1)
  if (!isReal) throw unreadable(type, 'a day that the calendar does not have')
  return days
}

/** Midnight at the end of the day, `24:00:00`, is a time of Postgres and of DuckDB. */
function timeFrom(type: Type, text: string): number {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text)
  const [hours, minutes, seconds] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3] ?? 0)]
  const fraction = (match?.[4] ?? '').replace(/0+$/, '')
  if (match === null || hours > 24 || minutes > 59 || seconds > 59) throw unreadable(type, 'no time like 09:30:00')
  if (fraction.length > 6) throw unreadable(type, 'parts of a microsecond')
  const micros = (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + Number(fraction.padEnd(6, '0'))
  if (micros > Number(DAY_MICROS)) throw unreadable(type, 'a time after the end of the day')
  return micros
}

/** A zone is wanted where the type has one, and refused where it has none: neither is guessed. */
function instantFrom(type: Type, text: string): number | bigint {
  if (text === 'infinity') return TIMESTAMP_INFINITY
  if (text === '-infinity') return -TIMESTAMP_INFINITY
  const match = /^(\d{4,7}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[-+]\d\d(?::?\d\d)?)?( \(BC\))?$/.exec(text)
  if (match === null) throw unreadable(type, 'no instant like 2026-11-21 09:30:00')
  const [, day = '', time = '', zone, era = ''] = match
  if (type.kind === 'timestamptz' && zone === undefined) throw unreadable(type, 'an instant without its zone; write 2026-11-21T09:30:00Z')
  if (type.kind === 'timestamp' && zone !== undefined) throw unreadable(type, 'a zone, which it cannot hold')
  const micros = BigInt(daysOf(type, `${day}${era}`)) * DAY_MICROS + BigInt(timeFrom(type, time)) - zoneMicros(zone)
  if (micros >= TIMESTAMP_INFINITY || micros <= -TIMESTAMP_INFINITY) throw unreadable(type, 'an instant outside its range')
  return wholeNumber(micros)
}

function zoneMicros(zone: string | undefined): bigint {
  if (zone === undefined || zone === 'Z') return 0n
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0)
  return BigInt(zone.startsWith('-') ? -minutes : minutes) * 60_000_000n
}

function bytesFrom(type: Type, text: string): Uint8Array {
  if (!/^\\x(?:[0-9a-fA-F]{2})*$/.test(text)) throw unreadable(type, 'no bytes in hex like \\x00ff')
  return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
}

function uuidFrom(type: Type, text: string): string {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw unreadable(type, 'no UUID')
  return text.toLowerCase()
}

/** Text that is JSON stands for itself; anything else in a JSON document was read by the caller. */
function jsonFrom(type: Type, json: JsonValue): string {
  if (typeof json !== 'string') return JSON.stringify(json)
  parsed(type, json)
  return json
}
