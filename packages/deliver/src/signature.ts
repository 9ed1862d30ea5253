/** Standard Webhooks, scheme v1: HMAC-SHA256 over `id.timestamp.body`. https://www.standardwebhooks.com */
import { createHmac, randomBytes } from 'node:crypto'
import { MillraceError } from '@millrace/base'

const PREFIX = 'whsec_'
const SECRET_BYTES_MIN = 24
const SECRET_BYTES_MAX = 64

/** The key in a `whsec_…` secret. Its value never appears in an error. */
export function parseSecret(delivery: string, text: string): Buffer {
  const problem = problemOf(text.trim())
  if (problem !== null) throw new MillraceError('DELIVERY_SECRET_INVALID', { details: { delivery, problem } })
  return Buffer.from(text.trim().slice(PREFIX.length), 'base64')
}

function problemOf(text: string): string | null {
  if (!text.startsWith(PREFIX)) return `it does not begin with ${PREFIX}`
  const encoded = text.slice(PREFIX.length)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return 'it is not in base64'
  const { length } = Buffer.from(encoded, 'base64')
  if (length < SECRET_BYTES_MIN || length > SECRET_BYTES_MAX)
    return `it holds ${length} bytes, not ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX}`
  return null
}

/** From the machine's own source of secrets, never from a run's replayable randomness. */
export function generateSecret(): string {
  return PREFIX + randomBytes(32).toString('base64')
}

export interface Signed {
  readonly id: string
  readonly timestampSeconds: number
  readonly body: string
}

/** One signature per key, so that a receiver passes with the old secret and the new one alike. */
export function signatureOf(keys: readonly Buffer[], { id, timestampSeconds, body }: Signed): string {
  const content = `${id}.${timestampSeconds}.${body}`
  return keys.map((key) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`).join(' ')
}
