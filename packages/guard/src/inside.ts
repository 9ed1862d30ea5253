/**
 * Which addresses are "inside": not the public internet, but this machine, its network, or the services
 * that clouds put beside it. An address that a user supplied must not lead there (law 10) unless the
 * configuration says so.
 */
import { MillraceError } from '@millrace/base'
import { type AddressRange, contains, parseAddress, parseRange } from './address-range.ts'

/** IPv4 is public except for these, after IANA's registry of special-purpose addresses. */
const INSIDE_V4 = [
  '0.0.0.0/8', // this host
  '10.0.0.0/8',
  '100.64.0.0/10', // shared by a carrier; holds a cloud's metadata service too
  '127.0.0.0/8',
  '168.63.129.16', // a cloud's metadata service at a public address
  '169.254.0.0/16', // link-local, with most clouds' metadata services
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // the old relays from IPv6
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and the broadcast address
].map(known)

/** IPv6 is the reverse: only this is public … */
const PUBLIC_V6 = known('2000::/3')
/** … and of it not these, which embed other addresses or lead nowhere. */
const INSIDE_V6 = [
  '2001::/23', // protocol assignments, with Teredo
  '2001:db8::/32',
  '2002::/16', // 6to4
  '3fff::/20',
].map(known)

const V4 = known('::ffff:0:0/96')
/** A translator's prefix: what counts is the IPv4 address in its last 32 bits. */
const TRANSLATED = known('64:ff9b::/96')

export class AddressRules {
  readonly #allowed: readonly AddressRange[]

  /** `allowInside` as configured: addresses, ranges, or `localhost` for both of its families. */
  constructor(allowInside: readonly string[]) {
    this.#allowed = allowInside.flatMap((entry) => (entry === 'localhost' ? [known('127.0.0.0/8'), known('::1')] : [configured(entry)]))
  }

  allows(text: string): boolean {
    const address = parseAddress(text)
    if (address === null) return false
    return !isInside(address) || this.#allowed.some((range) => contains(range, address))
  }
}

function isInside(address: bigint): boolean {
  if (contains(V4, address)) return INSIDE_V4.some((range) => contains(range, address))
  if (contains(TRANSLATED, address)) return isInside(V4.first | (address & 0xffff_ffffn))
  return !contains(PUBLIC_V6, address) || INSIDE_V6.some((range) => contains(range, address))
}

function configured(entry: string): AddressRange {
  const range = parseRange(entry)
  if (range === null) throw new MillraceError('DOOR_ALLOW_INSIDE_INVALID', { details: { entry } })
  return range
}

function known(text: string): AddressRange {
  return configured(text)
}
