import { expect, test } from 'vitest'
import { contains, parseAddress, parseRange } from './address-range.ts'
import { AddressRules } from './inside.ts'

const none = new AddressRules([])

test.each([
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'this host'],
  ['0.1.2.3', 'this network'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'shared by a carrier'],
  ['100.100.100.200', 'a metadata service'],
  ['169.254.169.254', 'a metadata service'],
  ['168.63.129.16', 'a metadata service'],
  ['192.0.0.192', 'a metadata service'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'mapped loopback'],
  ['::ffff:7f00:1', 'mapped loopback'],
  ['::127.0.0.1', 'the old compatible form'],
  ['64:ff9b::7f00:1', 'translated loopback'],
  ['64:ff9b::169.254.169.254', 'translated metadata'],
  ['64:ff9b:1::7f00:1', 'a local translator'],
  ['2002:7f00:1::', '6to4'],
  ['2001::1', 'Teredo'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with a zone'],
  ['fec0::1', 'site-local'],
  ['fd00:ec2::254', 'a metadata service'],
  ['fc00::1', 'unique local'],
  ['ff02::1', 'multicast'],
  ['not an address', 'no address at all'],
])('law 10: %s is inside (%s)', (address) => {
  expect(none.allows(address)).toBe(false)
})

test.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '223.255.255.255', '2606:4700::1111', '64:ff9b::1.1.1.1', '::ffff:1.1.1.1'])(
  '%s is outside',
  (address) => {
    expect(none.allows(address)).toBe(true)
  },
)

test('what the configuration allows inside, and nothing beside it, may be reached', () => {
  const rules = new AddressRules(['10.0.0.0/8', '192.168.1.7', 'fd00::/8', 'localhost'])
  expect(
    ['10.255.0.1', '::ffff:10.0.0.1', '192.168.1.7', 'fd12::1', '127.0.0.1', '::1'].map((address) => rules.allows(address)),
  ).not.toContain(false)
  expect(['11.0.0.1', '192.168.1.8', 'fe80::1', '172.16.0.1'].map((address) => rules.allows(address))).toEqual([true, false, false, false])
})

test('allowing an address does not allow the ways to hide it in a translated one', () => {
  expect(new AddressRules(['127.0.0.1']).allows('64:ff9b::7f00:1')).toBe(false)
})

test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0', '10.0.0.0/8/8', '10.0.0.0/x', 'example.com', ''])(
  'law 9: %j in allowInside is refused by name',
  (entry) => {
    expect(() => new AddressRules([entry])).toThrowError(expect.objectContaining({ code: 'DOOR_ALLOW_INSIDE_INVALID' }))
  },
)

test('every spelling of one address is one number', () => {
  const spellings = ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', '2001:DB8::0.0.0.1', '[2001:db8::1]']
  expect(new Set(spellings.map(parseAddress)).size).toBe(1)
})

test('a range holds its first and its last address and not their neighbours', () => {
  const range = parseRange('10.1.0.0/16')
  const held = ['10.0.255.255', '10.1.0.0', '10.1.255.255', '10.2.0.0'].map((text) => contains(range!, parseAddress(text)!))
  expect(held).toEqual([false, true, true, false])
})
