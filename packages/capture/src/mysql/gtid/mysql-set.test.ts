import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedError } from '../binlog/malformed.ts'
import { MariadbPosition } from './mariadb-position.ts'
import { MysqlSet } from './mysql-set.ts'

const A = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const B = '4e11fa47-71ca-11e1-9e33-c80aa9429562'

test('ranges are merged however they are written, and printed in one way', () => {
  expect(MysqlSet.parse(`${B}:1-3:4:7, ${A.toUpperCase()}:2,${B}:5-6`).toString()).toBe(`${A}:2,${B}:1-7`)
  expect(MysqlSet.parse('').toString()).toBe('')
})

test('a set that knows each transaction of another includes it', () => {
  const set = MysqlSet.parse(`${A}:1-10:20-30`)
  expect(set.includes(MysqlSet.parse(`${A}:2-5:30`))).toBe(true)
  expect(set.includes(MysqlSet.parse(`${A}:10-11`))).toBe(false)
  expect(set.includes(MysqlSet.parse(`${B}:1`))).toBe(false)
  expect(set.includes(MysqlSet.parse(''))).toBe(true)
})

test('a set is sent as servers read it: ranges end before their last number', () => {
  const bytes = MysqlSet.parse(`${A}:1-5`).encode()
  expect(bytes.toString('hex')).toBe(`0100000000000000${A.replaceAll('-', '')}010000000000000001000000000000000600000000000000`)
})

test.each(['nonsense', `${A}:0`, `${A}:5-2`, `${A}:tag:1`])('%s is no set', (text) => {
  expect(() => MysqlSet.parse(text)).toThrow(MalformedError)
})

test('transactions added in any order are the same set', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (numbers) => {
      const set = MysqlSet.parse('')
      for (const number of numbers) set.add(`${A}:${number}`)
      const sorted = [...numbers].sort((left, right) => left - right)
      expect(set.toString()).toBe(MysqlSet.parse(`${A}:${sorted.join(':')}`).toString())
      expect(MysqlSet.parse(set.toString()).toString()).toBe(set.toString())
    }),
  )
})

test("MariaDB's position holds the last transaction of each domain", () => {
  const position = MariadbPosition.parse('0-1-5, 7-2-9')
  position.add('0-3-6')
  expect(position.toString()).toBe('0-3-6,7-2-9')
})
