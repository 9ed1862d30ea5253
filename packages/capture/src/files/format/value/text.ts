/** What remains text, but not any text. */
import { type Type, type Value, valueFromJson } from '@millrace/core'

/** An interval, a member of an enum, or a list or struct as JSON. */
export function readOtherText(type: Type, text: string): Value | undefined {
  try {
    return valueFromJson(type, text)
  } catch {
    return undefined
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function readUuid(text: string): Value | undefined {
  const uuid = text.trim().toLowerCase()
  return UUID.test(uuid) ? uuid : undefined
}

/** As it stands, if it is JSON at all. */
export function readJsonText(text: string): Value | undefined {
  try {
    JSON.parse(text)
    return text
  } catch {
    return undefined
  }
}

/** `\x` and two hexadecimal digits a byte, as Postgres writes them. */
export function readBytesText(text: string): Value | undefined {
  return /^\\x(?:[0-9a-fA-F]{2})*$/.test(text) ? Uint8Array.from(Buffer.from(text.slice(2), 'hex')) : undefined
}
