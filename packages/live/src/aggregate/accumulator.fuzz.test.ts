import { type Random, seededRandom } from '@millrace/base'
import type { Layout, Value } from '@millrace/core'
import { compareText, laneFrom, laneValueAt } from '@millrace/sql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Accumulator } from './accumulator.ts'
import { CountAccumulator } from './count-accumulator.ts'
import { DistinctAccumulator } from './distinct-accumulator.ts'
import { ExtremeAccumulator } from './extreme-accumulator.ts'
import { SumAccumulator } from './sum-accumulator.ts'

const GROUPS = 3
const LIMIT = { min: -(1n << 127n), max: (1n << 127n) - 1n, place: null }

interface Case {
  readonly name: string
  readonly layout: Layout
  readonly make: () => Accumulator
  readonly value: (random: Random) => Value
  /** The result over all values of a group that are there, each as often as it is. */
  readonly expected: (values: readonly Value[]) => Value
}

const whole = (random: Random): Value => (random.below(15) === 0 ? 2n ** 70n + BigInt(random.below(3)) : random.below(9))
const word = (random: Random): Value => ['a', 'b', '😀', '\uffff', ''][random.below(5)] as Value
const summed = (values: readonly Value[]): Value => {
  const sum = values.reduce<bigint>((total, value) => total + BigInt(value as number | bigint), 0n)
  return values.length === 0 ? null : sum >= -(2n ** 53n) && sum < 2n ** 53n ? Number(sum) : sum
}
const different = (values: readonly Value[]): readonly Value[] => [...new Set(values)]
const least = (values: readonly Value[]): Value =>
  values.reduce<Value>((best, value) => (best === null || (value as number) < (best as number) ? value : best), null)
const last = (values: readonly Value[]): Value =>
  values.reduce<Value>((best, value) => (best === null || compareText(value as string, best as string) > 0 ? value : best), null)

const CASES: readonly Case[] = [
  { name: 'a count', layout: 'integer', make: () => new CountAccumulator(), value: whole, expected: (values) => values.length },
  { name: 'a sum', layout: 'integer', make: () => new SumAccumulator(LIMIT), value: whole, expected: summed },
  { name: 'a least number', layout: 'integer', make: () => new ExtremeAccumulator('integer', 'min'), value: whole, expected: least },
  { name: 'a greatest text', layout: 'text', make: () => new ExtremeAccumulator('text', 'max'), value: word, expected: last },
  {
    name: 'a sum of different values',
    layout: 'integer',
    make: () => new DistinctAccumulator(new SumAccumulator(LIMIT), 'integer'),
    value: whole,
    expected: (values) => summed(different(values)),
  },
  {
    name: 'a count of different values',
    layout: 'text',
    make: () => new DistinctAccumulator(new CountAccumulator(), 'text'),
    value: word,
    expected: (values) => different(values).length,
  },
]

describe.each(CASES)('$name', ({ layout, make, value, expected }) => {
  it('is that of the rows which are there, whatever came and went before', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 80 }), (seed, batches) => {
        const random = seededRandom(seed)
        const accumulator = make()
        accumulator.state.reserve(64)
        const held: Value[][] = Array.from({ length: GROUPS }, () => [])
        const groups = Int32Array.from({ length: GROUPS }, (_, group) => group)
        for (let batch = 0; batch < batches; batch += 1) {
          const changes = Array.from({ length: 1 + random.below(5) }, () => change(random, held, value))
          const slots = Int32Array.from(changes, ({ group }) => group)
          const lane = laneFrom(
            layout,
            changes.map((one) => one.value),
          )
          accumulator.add(slots, { count: changes.length, lanes: [lane], weights: Float64Array.from(changes, ({ weight }) => weight) })
          const results = accumulator.results(groups, GROUPS)
          for (let group = 0; group < GROUPS; group += 1) {
            const values = (held[group] as Value[]).filter((one) => one !== null)
            expect(laneValueAt(results, group)).toBe(expected(values))
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** A value comes, or one that is there goes; NULLs too, which count for nothing. */
function change(random: Random, held: Value[][], value: (random: Random) => Value): { group: number; value: Value; weight: number } {
  const group = random.below(GROUPS)
  const rows = held[group] as Value[]
  if (rows.length > 0 && random.below(2) === 0) {
    const [gone] = rows.splice(random.below(rows.length), 1)
    return { group, value: gone ?? null, weight: -1 }
  }
  const come = random.below(8) === 0 ? null : value(random)
  rows.push(come)
  return { group, value: come, weight: 1 }
}
