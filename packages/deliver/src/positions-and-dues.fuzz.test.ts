import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueQueue } from './due-queue.ts'
import { eventIdOf } from './event-id.ts'
import { decodePositions, encodePositions } from './open-positions.ts'

test('saved positions are read back as they were', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(5000)), fc.nat(1_000_000), (offsets, first) => {
      const positions = offsets.map((offset) => first + offset).toSorted((left, right) => left - right)
      expect(decodePositions(encodePositions(positions, first), first)).toEqual(positions)
    }),
  )
})

test('a run of neighbours is saved in a few letters', () => {
  expect(encodePositions([103, 104, 105, 106, 107, 118], 100)).toBe('3+5,10+1')
})

test('what is due comes out in the order of its times, and nothing before its time', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ dueMs: fc.nat(100), isTake: fc.boolean() })), (steps) => {
      const queue = new DueQueue<number>()
      const model: number[] = []
      for (const { dueMs, isTake } of steps) {
        if (!isTake) {
          queue.push(dueMs, dueMs)
          model.push(dueMs)
        } else {
          model.sort((left, right) => left - right)
          const expected = model[0] !== undefined && model[0] <= dueMs ? (model.shift() ?? null) : null
          expect(queue.takeDue(dueMs)).toBe(expected)
        }
        expect(queue.firstDueMs).toBe(model.length === 0 ? null : Math.min(...model))
      }
    }),
  )
})

test('law 5: an event id is stable, has no dot, and differs with each part of its place', () => {
  const place = { storeId: 'store', stream: 'orders', partition: 1, position: 23 }
  const ids = [
    place,
    { ...place, storeId: 'other' },
    { ...place, stream: 'order' },
    { ...place, partition: 12, position: 3 },
    { ...place, position: 24 },
  ].map(eventIdOf)
  expect(eventIdOf({ ...place })).toBe(ids[0])
  expect(new Set(ids).size).toBe(5)
  for (const id of ids) expect(id).toMatch(/^msg_[0-9a-z]{24}$/)
})
