import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sqlTokens } from './sql-tokens.ts'

test('the tokens of any text are exactly that text', () => {
  const piece = fc.oneof(fc.string(), fc.constantFrom("'", '"', '--', '/*', '*/', '\n', 'select', '1.5', 'É', '$'))
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('')
      expect(
        sqlTokens(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text)
    }),
  )
})

test('words, names, texts, numbers and comments are told apart', () => {
  const kinds = sqlTokens(`select "a b", 'it''s' from shop.orders -- where`).flatMap(({ kind, text }) =>
    text.trim() === '' ? [] : [[kind, text]],
  )
  expect(kinds).toEqual([
    ['word', 'select'],
    ['name', '"a b"'],
    ['other', ','],
    ['text', "'it''s'"],
    ['word', 'from'],
    ['name', 'shop'],
    ['other', '.'],
    ['name', 'orders'],
    ['comment', '-- where'],
  ])
})
