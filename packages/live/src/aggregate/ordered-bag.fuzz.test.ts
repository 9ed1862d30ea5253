import { seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OrderedBag } from './ordered-bag.ts'

it.each([false, true])('a bag tells the key at every rank, whatever came and went (each key once: %s)', (distinct) => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(40, 3000), (seed, keys) => {
      const random = seededRandom(seed)
      const bag = new OrderedBag<number>((left, right) => left - right, distinct)
      const weights = new Map<number, number>()
      // It grows, then shrinks to almost nothing, so that chunks are cut and joined.
      for (let at = 0; at < keys * 3; at += 1) {
        const shrinks = at > keys * 1.5
        const [some] = weights.keys()
        const key = shrinks && some !== undefined ? some : at % 3 === 0 ? at : random.below(keys)
        const weight = shrinks ? -(weights.get(key) ?? 0) : 1 + random.below(2)
        if (weight === 0) continue
        bag.change(key, weight)
        const after = (weights.get(key) ?? 0) + weight
        if (after === 0) weights.delete(key)
        else weights.set(key, after)
        if (at % Math.ceil(keys / 20) === 0) expectSame(bag, weights, distinct)
      }
      expectSame(bag, weights, distinct)
    }),
    { numRuns: 15 },
  )
})

function expectSame(bag: OrderedBag<number>, weights: ReadonlyMap<number, number>, distinct: boolean): void {
  const ordered = [...weights].toSorted(([left], [right]) => left - right)
  const all = ordered.flatMap(([key, weight]) => Array.from({ length: distinct ? 1 : weight }, () => key))
  expect(bag.count).toBe(all.length)
  const step = Math.max(1, Math.floor(all.length / 50))
  for (let rank = 0; rank < all.length; rank += step) expect(bag.at(rank)).toBe(all[rank])
  const told = bag.summaries((keys, counts) => keys.flatMap((key, at) => Array.from({ length: counts[at] as number }, () => key)))
  expect(told.flat()).toEqual(all)
}
