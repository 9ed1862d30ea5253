import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { maskOf } from './mask.ts'

test('a hash is the HMAC-SHA-256 of the text under the key: equal values stay joinable, and another key joins nothing', () => {
  const mask = maskOf('hash', 'pepper')
  expect(mask.apply('ann@example.com')).toBe(createHmac('sha256', 'pepper').update('ann@example.com').digest('hex'))
  expect(mask.apply('ann@example.com')).toBe(maskOf('hash', 'pepper').apply('ann@example.com'))
  expect(mask.apply('ann@example.com')).not.toBe(maskOf('hash', 'salt').apply('ann@example.com'))
})

test('what is redacted tells nothing, its length neither', () => {
  const mask = maskOf('redact', null)
  expect([mask.apply('a'), mask.apply('a longer secret')]).toEqual(['***', '***'])
})

test('the last characters are kept, whole ones, and never all of a value', () => {
  const mask = maskOf({ keep: 4 }, null)
  expect(mask.apply('4111111111111111')).toBe('************1111')
  expect(mask.apply('1111')).toBe('****')
  expect(mask.apply('')).toBe('')
  expect(mask.apply('ab😀😀😀😀')).toBe('**😀😀😀😀')
})
