import { expect, test } from 'vitest'
import { comparePlaces } from './binlog-place.ts'

test('places are in the order of the files, beyond six digits too, and then of the positions', () => {
  const places = ['binlog.000009 500', 'binlog.000010 4', 'binlog.000010 20', 'binlog.999999 9', 'binlog.1000000 4'].map((text) => {
    const [file = '', position] = text.split(' ')
    return { file, position: Number(position) }
  })
  for (const [at, left] of places.entries()) {
    for (const [other, right] of places.entries()) expect(Math.sign(comparePlaces(left, right))).toBe(Math.sign(at - other))
  }
})

test('places of files with other names are neither before nor after one another', () => {
  const [old, renamed] = [
    { file: 'binlog.000009', position: 500 },
    { file: 'main.000001', position: 4 },
  ]
  expect(comparePlaces(old, renamed)).toBeNaN()
  expect(comparePlaces(renamed, old)).toBeNaN()
})
