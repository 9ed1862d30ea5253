import { describe, expect, it } from 'vitest'
import { encoderOf } from './event-encoder.ts'
import { eventText } from './event-text.ts'

const encoderFor = (type: string, nullable = true) =>
  encoderOf({ id: '1', stream: 's', version: 1, columns: [{ name: 'a', type, nullable }], key: [] })

describe('an event that fits its schema', () => {
  it.each([
    ['int8', 127, '[127]'],
    ['int64', 2n ** 62n, '["4611686018427387904"]'],
    ['int64', '9223372036854775807', '["9223372036854775807"]'],
    ['uint8', 255, '[255]'],
    ['float64', Number.NaN, '["NaN"]'],
    ['float64', -0, '["-0"]'],
    ['float64', 0.1, '[0.1]'],
    ['decimal(12,2)', '12.50', '["12.50"]'],
    ['decimal(12,2)', 12.5, '[12.5]'],
    ['boolean', false, '[false]'],
    ['text', 'ä"\n', '["ä\\"\\n"]'],
    ['bytes', Uint8Array.of(0, 255), '["\\\\x00ff"]'],
    ['timestamptz', new Date(0), '["1970-01-01T00:00:00.000Z"]'],
    ['json', { b: [1, null] }, '[{"b":[1,null]}]'],
    ['text', null, '[null]'],
    ['text', undefined, '[null]'],
  ])('%s is written by its columns (%#)', (type, value, text) => {
    expect(encoderFor(type)(value === undefined ? {} : { a: value })).toBe(text)
  })
})

describe('an event that does not fit', () => {
  it.each([
    ['int8', { a: 128 }],
    ['int8', { a: 1.5 }],
    ['uint8', { a: -1 }],
    ['int64', { a: 2 ** 53 }],
    ['boolean', { a: 1 }],
    ['text', { a: 1 }],
    ['uuid', { a: 'short' }],
    ['bytes', { a: 'text' }],
    ['timestamptz', { a: {} }],
    ['text', { a: 'x', more: 1 }],
    ['text', { a: 'x', toJSON: () => ({}) }],
    ['json', { a: 1n }],
    ['json', { a: () => 1 }],
  ])('%s goes as it is, and the server judges (%#)', (type, event) => {
    expect(encoderFor(type)(event)).toBeNull()
  })

  it('lacks what may not be null, or throws of itself', () => {
    expect(encoderFor('text', false)({})).toBeNull()
    expect(encoderFor('text', false)({ a: null })).toBeNull()
    const trap = {
      get a(): never {
        throw new TypeError('no')
      },
    }
    expect(encoderFor('text')(trap)).toBeNull()
  })
})

it('a large whole number within is written as text where the event goes as it is', () => {
  expect(eventText({ a: { b: 2n ** 64n } })).toBe('{"a":{"b":"18446744073709551616"}}')
})
