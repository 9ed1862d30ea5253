import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatAddress, HOME, parseAddress, TABS } from './address.ts'

test('every address is read back as it was written', () => {
  const name = fc.option(fc.string({ minLength: 1, unit: 'grapheme' }), { nil: null })
  const address = fc.record({ node: name, tab: fc.constantFrom(...TABS), delivery: name, event: name })
  fc.assert(
    fc.property(address, (each) => {
      expect(parseAddress(formatAddress(each))).toEqual(each)
    }),
  )
})

test('any text behind the # opens some page', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(TABS).toContain(parseAddress(text).tab)
    }),
  )
  expect(parseAddress('#tab=nonsense&node=')).toEqual(HOME)
})

test('names stay readable in the address', () => {
  expect(formatAddress({ ...HOME, node: 'model:order_totals', tab: 'sql' })).toBe('#node=model:order_totals&tab=sql')
  expect(formatAddress(HOME)).toBe('')
})
