/** Reads one member of an event as a value of its column. The common cases are decided by a look at the value. */
import { MillraceError } from '@millrace/base'
import { type Column, type JsonValue, sqlNameOf, type Type, type Value, valueFromJson } from '@millrace/core'

/** Raises VALUE_UNREADABLE. */
export type CellReader = (json: unknown) => Value

const SMALL: Readonly<Record<string, readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  hugeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
  uint64: [0, Number.MAX_SAFE_INTEGER],
}

export function cellReaderOf({ type }: Column): CellReader {
  const range = SMALL[type.kind]
  if (range !== undefined) {
    const [least, most] = range
    return (json) =>
      typeof json === 'number' && Number.isInteger(json) && json >= least && json <= most
        ? Object.is(json, -0)
          ? 0
          : json
        : slowly(type, json)
  }
  switch (type.kind) {
    case 'text':
      return (json) => (typeof json === 'string' ? json : slowly(type, json))
    case 'float64':
      return (json) => (typeof json === 'number' ? json : slowly(type, json))
    case 'json':
      // A member is the value itself: a text in it is a text, and not JSON once more.
      return (json) => JSON.stringify(json)
    case 'timestamptz':
      // As JavaScript counts: milliseconds since 1970.
      return (json) => (typeof json === 'number' && Number.isSafeInteger(json * 1000) ? json * 1000 : slowly(type, json))
    default:
      return (json) => slowly(type, json)
  }
}

function slowly(type: Type, json: unknown): Value {
  if (typeof json !== 'object') return valueFromJson(type, json as JsonValue)
  const { type: kind, data } = (json ?? {}) as { type?: unknown; data?: unknown }
  // What Node makes of a Buffer in JSON; any other object is nothing that a cell holds.
  const isBuffer = kind === 'Buffer' && Array.isArray(data) && data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  if (isBuffer && type.kind === 'bytes') return Uint8Array.from(data as number[])
  throw new MillraceError('VALUE_UNREADABLE', { details: { type: sqlNameOf(type), what: 'an object where one value is wanted' } })
}
