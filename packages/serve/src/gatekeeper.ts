/**
 * What every request must pass before anything reads it. The server has no log-in on its loopback
 * address, so a page from elsewhere must not be able to use the visitor's browser as its hand:
 *
 * - Rebinding a name to 127.0.0.1 needs a name. The Host header must be an address, `localhost` or the
 *   configured host.
 * - A foreign page may send a plain POST, but not one with a header of its own without asking first,
 *   and nobody is ever given that permission: there is no CORS. What a browser says comes from another
 *   site is refused even where it only reads, so that it cannot take up the places of the feed.
 */
import { MillraceError } from '@millrace/base'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'

export const INTENT_HEADER = 'x-millrace'

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

export function setSafeHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
}

export function checkHost(request: IncomingMessage, configuredHost: string): void {
  const host = hostName(request.headers.host)
  const known =
    host !== null && (host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0 || host === configuredHost.toLowerCase())
  if (!known) throw new MillraceError('HTTP_HOST_REFUSED', { details: { host: host ?? '(none)' } })
}

/**
 * Whatever changes something says so with a header, or a type of body, that a foreign page cannot send without
 * asking first: our own page and scripts do the one, notices of buckets the other.
 */
export function checkIntent(request: IncomingMessage, path: string): void {
  const site = request.headers['sec-fetch-site']
  const foreign = site === 'cross-site' || site === 'same-site'
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(request.headers['content-type'] ?? '')
  const unmeant = request.method !== 'GET' && request.headers[INTENT_HEADER] === undefined && !isJson
  if (foreign || unmeant) throw new MillraceError('HTTP_ORIGIN_REFUSED', { details: { path } })
}

/** A browser lets any page open a WebSocket and says only whose page it is: it must be one of ours. */
export function checkOrigin(request: IncomingMessage, path: string): void {
  const { origin, host } = request.headers
  if (origin === undefined) return
  if (URL.parse(origin)?.host !== host) throw new MillraceError('HTTP_ORIGIN_REFUSED', { details: { path } })
}

/** The name or address without the port; null where the header is missing or not one. */
function hostName(header: string | undefined): string | null {
  if (header === undefined || !/^[\w.:[\]-]+$/.test(header)) return null
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, '').toLowerCase()
  } catch {
    return null
  }
}
