import { MillraceError } from '@millrace/base'
import type { JsonValue } from '@millrace/core'
import type { IncomingMessage } from 'node:http'
import { SERVE_LIMITS } from './limits.ts'
import { invalid } from './request.ts'

/** The body of a small request as the JSON object that it must be. */
export async function readJsonBody(request: IncomingMessage, path: string): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > SERVE_LIMITS.bodyBytes) throw invalid(path, `its body is larger than ${SERVE_LIMITS.bodyBytes} bytes`, 'the body')
    chunks.push(chunk)
  }
  const value = parsed(Buffer.concat(chunks).toString('utf8'), path)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'its body is not a JSON object', 'the body')
  return value as Readonly<Record<string, unknown>>
}

/** A row by column name, as JSON holds it: no objects within. */
export function rowFrom(value: unknown, path: string): Readonly<Record<string, JsonValue>> {
  const isRow =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((cell) => cell === null || ['string', 'number', 'boolean'].includes(typeof cell))
  if (!isRow) throw invalid(path, '`row` must be an object of column names and plain values', '`row`')
  return value as Readonly<Record<string, JsonValue>>
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new MillraceError('HTTP_REQUEST_INVALID', { cause, details: { path, problem: 'its body is not JSON', place: 'the body' } })
  }
}
