import { seededRandom } from '@millrace/base'
import { laneFrom, laneValueAt } from '@millrace/sql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Arrangement, LINK } from './arrangement.ts'
import { ArrangementShape } from './arrangement-shape.ts'
import { hashRows } from './row-hash.ts'
import type { ZBatch } from './z-batch.ts'

const SHAPE = new ArrangementShape(['integer', 'integer'], [0])

type Row = readonly [key: number | null, value: number | bigint | string | null]

function batchOf(rows: readonly Row[], weights: readonly number[]): ZBatch {
  const lanes = [
    laneFrom(
      'integer',
      rows.map(([key]) => key),
    ),
    laneFrom(
      'integer',
      rows.map(([, value]) => value as number | bigint | null),
    ),
  ]
  return { count: rows.length, lanes, weights: Float64Array.from(weights) }
}

function contents(arrangement: Arrangement, key: number | null): readonly string[] {
  const probe = [laneFrom('integer', [key])]
  const match = SHAPE.probeMatcher([0])(arrangement.table, probe)
  const found: string[] = []
  let slot = arrangement.first(hashRows(probe, [0], 1)[0] as number, match, 0)
  while (slot >= 0) {
    const value = laneValueAt(arrangement.table.gather(Int32Array.of(slot), 1)[1] as ReturnType<typeof laneFrom>, 0)
    found.push(`${String(value)}×${arrangement.weightOf(slot)}`)
    slot = arrangement.links[slot * LINK.STRIDE + LINK.NEXT] as number
  }
  return found.toSorted()
}

describe('an arrangement', () => {
  it('holds under each key exactly the rows whose weights do not sum to nothing, hot keys and wide numbers too', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 200 }), (seed, values, batches) => {
        const random = seededRandom(seed)
        const arrangement = new Arrangement(SHAPE)
        const model = new Map<string, { key: number | null; value: string; weight: number }>()
        for (let batch = 0; batch < batches; batch += 1) {
          const rows = Array.from({ length: 1 + random.below(8) }, (): Row => {
            const key = random.below(9) === 0 ? null : random.below(3)
            const value = random.below(20) === 0 ? null : random.below(values)
            return [key, value !== null && random.below(30) === 0 ? 2n ** 60n + BigInt(value) : value]
          })
          const weights = rows.map(([key, value]) => {
            const id = `${key}/${value}`
            const held = model.get(id)?.weight ?? 0
            const weight = held > 0 && random.below(2) === 0 ? -held : 1
            model.set(id, { key, value: String(value), weight: held + weight })
            return weight
          })
          const batched = batchOf(rows, weights)
          arrangement.apply(batched, hashRows(batched.lanes, [0], batched.count))
        }
        for (const key of [0, 1, 2, null]) {
          const expected = [...model.values()]
            .filter((row) => row.key === key && row.weight !== 0)
            .map((row) => `${row.value}×${row.weight}`)
          expect(contents(arrangement, key)).toEqual(expected.toSorted())
        }
      }),
      { numRuns: 60 },
    )
  })
})
