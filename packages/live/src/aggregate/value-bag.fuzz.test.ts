import { type Random, seededRandom } from '@millrace/base'
import type { Layout } from '@millrace/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type BagOrder, changedBag, SortedBag, type ValueBag } from './value-bag.ts'
import { type BagValue, lessOf } from './value-order.ts'

const CHANGES = 1500

interface Kind {
  readonly layout: Layout
  readonly value: (random: Random, at: number) => BagValue
}

const KINDS: readonly Kind[] = [
  { layout: 'integer', value: (_random, at) => at },
  { layout: 'integer', value: (_random, at) => 0 - at },
  { layout: 'integer', value: (random, at) => at - random.below(20) },
  { layout: 'integer', value: (random) => (random.below(3) === 0 ? 2n ** 60n + BigInt(random.below(300)) : random.below(300)) },
  { layout: 'float', value: (random) => (random.below(9) === 0 ? Number.NaN : random.below(900) / 8) },
  { layout: 'text', value: (random) => `w${random.below(500)}` },
]

/** Goes through all values, as nothing that is quick would. */
function expected(held: ReadonlyMap<BagValue, number>, { less, wanted }: BagOrder): BagValue | undefined {
  let found: BagValue | undefined
  for (const [value, weight] of held) {
    const isBefore = found === undefined || (wanted === 'min' ? less(value, found) : less(found, value))
    if (weight > 0 && isBefore) found = value
  }
  return found
}

function chosen(random: Random, held: ReadonlyMap<BagValue, number>): BagValue {
  const at = random.below(4) === 0 ? random.below(held.size) : 0
  return [...held.keys()][at] as BagValue
}

it.each(KINDS.flatMap((kind, at) => (['min', 'max'] as const).map((wanted) => [at, kind.layout, wanted] as const)))(
  'values %i of %s that come and go, in order and not, leave the right %s',
  (at, layout, wanted) => {
    const { value: valueOf } = KINDS[at] as Kind
    const order: BagOrder = { less: lessOf(layout), wanted }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = seededRandom(seed)
        const held = new Map<BagValue, number>()
        let bag: ValueBag = new SortedBag(order)
        for (let change = 0; change < CHANGES; change += 1) {
          const goes = held.size > 0 && random.below(3) === 0
          const value = goes ? chosen(random, held) : valueOf(random, change)
          // Within a batch a value may go before it comes.
          const weight = goes || random.below(40) === 0 ? -1 : 1 + random.below(2)
          const sum = (held.get(value) ?? 0) + weight
          if (sum === 0) held.delete(value)
          else held.set(value, sum)
          bag = changedBag(bag, { value, weight }, order)
          expect(bag.size).toBe(held.size)
          if (change % 16 === 0) expect(bag.extreme()).toBe(expected(held, order))
        }
        expect(new Map(bag.entries())).toEqual(held)
      }),
      { numRuns: 4 },
    )
  },
)
