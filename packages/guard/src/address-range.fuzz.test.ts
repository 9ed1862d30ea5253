import { BlockList } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contains, parseAddress, parseRange } from './address-range.ts'

test('a range holds exactly the addresses that the platform says it holds', () => {
  const family = fc.oneof(
    fc.record({ base: fc.ipV4(), address: fc.ipV4(), bits: fc.integer({ min: 0, max: 32 }), name: fc.constant('ipv4' as const) }),
    fc.record({ base: fc.ipV6(), address: fc.ipV6(), bits: fc.integer({ min: 0, max: 128 }), name: fc.constant('ipv6' as const) }),
  )
  fc.assert(
    fc.property(family, ({ base, address, bits, name }) => {
      const platform = new BlockList()
      platform.addSubnet(base, bits, name)
      expect(contains(parseRange(`${base}/${bits}`)!, parseAddress(address)!)).toBe(platform.check(address, name))
    }),
    { numRuns: 2000 },
  )
})
