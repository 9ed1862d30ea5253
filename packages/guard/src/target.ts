/** A URL taken apart once, so that a thousand requests to it do not each pay for it. */
import { isIP } from 'node:net'
import { MillraceError } from '@millrace/base'
import type { AddressRules } from './inside.ts'

export interface Target {
  readonly secure: boolean
  /** As the socket wants it: no brackets around an IPv6 literal. */
  readonly hostname: string
  readonly port: number
  readonly path: string
  /** The `Host` header, and the name in errors. Never holds credentials. */
  readonly host: string
  /** From `https://name:password@…`, or null. */
  readonly authorization: string | null
}

/**
 * The URL parser turns every disguise of an IPv4 literal (decimal, octal, hexadecimal, short forms) into
 * four decimal parts, so that a literal is judged here as what the socket would connect to. Names are
 * judged at connect, by the addresses that they then have.
 */
export function targetOf(text: string, rules: AddressRules): Target {
  const url = parse(text)
  const secure = url.protocol === 'https:'
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(hostname) !== 0 && !rules.allows(hostname)) throw addressRefused(url.host, hostname)
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return {
    secure,
    hostname,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    host: url.host,
    authorization: credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`,
  }
}

export function addressRefused(host: string, address: string): MillraceError {
  return new MillraceError('DOOR_ADDRESS_REFUSED', { details: { host, address } })
}

function parse(text: string): URL {
  const url = URL.parse(text)
  if (url === null || url.hostname === '')
    throw new MillraceError('DOOR_URL_INVALID', { details: { problem: 'it is not a URL with a host' } })
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new MillraceError('DOOR_URL_INVALID', { details: { problem: `the scheme ${url.protocol} is neither http: nor https:` } })
  }
  return url
}
