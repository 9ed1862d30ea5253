import { expect, test } from 'vitest'
import { positionFromText, positionToText, readPosition, readTime, writePosition, writeTime } from './position.ts'

test.each(['0/0', '0/1779EA8', '16/B374D848', '1FFFFF/FFFFFFFF'])('the position %s survives as a number and on the wire', (text) => {
  const position = positionFromText(text)
  const buffer = Buffer.alloc(8)
  writePosition(buffer, position, 0)
  expect(positionToText(position)).toBe(text)
  expect(readPosition(buffer, 0)).toBe(position)
})

test('a position beyond what a number holds is refused, never rounded', () => {
  expect(() => positionFromText('200000/0')).toThrow('2^53')
  expect(() => readPosition(Buffer.from('0020000000000000', 'hex'), 0)).toThrow('2^53')
})

test('a time survives the wire to the microsecond, before 2000 too', () => {
  const buffer = Buffer.alloc(8)
  for (const timeMs of [0, 946_684_799_999.5, 1_795_228_700_977.25]) {
    writeTime(buffer, timeMs, 0)
    expect(readTime(buffer, 0)).toBe(timeMs * 1000)
  }
})
