import { seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IntList } from '../zset/growing-list.ts'
import { NO_SLOT, RowTree } from './row-tree.ts'

describe('a tree of rows', () => {
  it('tells the place of each row and the row at each place, whatever came and went before', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), (seed, steps) => {
        const random = seededRandom(seed)
        const tree = new RowTree()
        tree.reserve(400)
        const keys = Array.from({ length: 400 }, () => random.below(12))
        const compare = (left: number, right: number): number => (keys[left] as number) - (keys[right] as number)
        const held: { slot: number; weight: number }[] = []
        let root = NO_SLOT
        for (let step = 0; step < steps; step += 1) {
          const choice = random.below(5)
          const at = random.below(Math.max(1, held.length))
          const row = held[at]
          if (choice < 2 && row !== undefined) {
            root = tree.remove(root, row.slot, compare)
            held.splice(at, 1)
          } else if (choice === 2 && row !== undefined) {
            tree.add(root, { slot: row.slot, weight: 2 }, compare)
            row.weight += 2
          } else {
            const slot = step
            const weight = 1 + random.below(3)
            root = tree.insert(root, { slot, weight }, compare)
            held.push({ slot, weight })
          }
        }
        held.sort((left, right) => compare(left.slot, right.slot) || left.slot - right.slot)
        const places = held.flatMap(({ slot, weight }) => Array.from({ length: weight }, () => slot))
        expect(places.map((_, place) => tree.at(root, place))).toEqual(places)
        expect(tree.total(root)).toBe(places.length)
        const [from, to] = [random.below(places.length + 1), random.below(places.length + 1)]
        const found = new IntList()
        tree.collect(root, { from, to }, found)
        expect([...found.values()]).toEqual([...new Set(places.slice(from, to))])
        for (let key = 0; key < 12; key += 1) {
          const before = places.filter((slot) => (keys[slot] as number) < key).length
          expect(tree.countWhile(root, (slot) => (keys[slot] as number) < key)).toBe(before)
        }
      }),
      { numRuns: 200 },
    )
  })
})
