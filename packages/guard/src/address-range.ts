/**
 * Addresses and ranges of addresses as plain numbers, both families in one space of 128 bits: an IPv4
 * address stands where IPv6 maps it, at `::ffff:a.b.c.d`. So the mapped spelling of an address cannot
 * slip past a rule that was written for the plain one.
 */
import { isIP } from 'node:net'

export interface AddressRange {
  readonly first: bigint
  readonly last: bigint
}

const MAPPED = 0xffff_0000_0000n

/** The number of an address in any spelling that `isIP` accepts; null for anything else. */
export function parseAddress(text: string): bigint | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return null
  return family === 4 ? MAPPED | quad(bare) : hextets(bare)
}

/** `10.0.0.0/8`, `fd00::/8`, or one address; null where it is neither. Bits beyond the prefix are ignored. */
export function parseRange(text: string): AddressRange | null {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(base)
  if (address === null || rest.length > 0) return null
  const offset = isIP(base) === 4 ? 96 : 0
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return null
  const bits = prefix === undefined ? 128 : Number(prefix) + offset
  if (bits > 128) return null
  const free = (1n << BigInt(128 - bits)) - 1n
  return { first: address & ~free, last: address | free }
}

export function contains(range: AddressRange, address: bigint): boolean {
  return address >= range.first && address <= range.last
}

function quad(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

function hextets(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const middle = Array.from({ length: 8 - front.length - back.length }, () => 0n)
  return [...front, ...middle, ...back].reduce((sum, group) => (sum << 16n) | group, 0n)
}

/** A side of `::` as groups of 16 bits; its last part may be written as a dotted quad. */
function groups(side: string): bigint[] {
  if (side === '') return []
  return side.split(':').flatMap((part) => {
    if (!part.includes('.')) return [BigInt(`0x${part}`)]
    const address = quad(part)
    return [address >> 16n, address & 0xffffn]
  })
}
