import { type Random, seededRandom } from '@millrace/base'
import { BatchBuilder, type Schema, type Value } from '@millrace/core'
import { laneValueAt } from '@millrace/sql'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BagFold } from './bag-fold.ts'
import type { FoldChange } from './fold-change.ts'
import { foldShapeOf } from './fold-columns.ts'
import type { ZBatch } from '../zset/z-batch.ts'

const SCHEMA: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'word', type: { kind: 'text' }, nullable: true },
  ],
  key: [],
}
const SHAPE = foldShapeOf('a.events', SCHEMA, { names: new Set(['id', 'word']) })

/** The rows that there are, each as often as it is there. */
class Bag {
  readonly rows: Value[][] = []

  take(random: Random): Value[] | undefined {
    return this.rows.splice(random.below(Math.max(1, this.rows.length)), 1)[0]
  }

  text(): readonly string[] {
    return this.rows.map((row) => row.map(String).join('/')).toSorted()
  }
}

/** At first no row is taken back, and the first of all are all different; later anything may come. */
function push(builder: BatchBuilder, { bag, random, calm }: { bag: Bag; random: Random; calm: boolean }, index: number): void {
  const row: Value[] = [random.below(bag.rows.length < 20 ? 1_000_000 : 4), random.below(6) === 0 ? null : `w${random.below(2)}`]
  const origin = { transaction: 1, index, time: 0 }
  const kind = calm ? 9 : random.below(10)
  if (kind === 0 && random.below(8) === 0) {
    builder.push('truncate', origin, [undefined, undefined])
    bag.rows.length = 0
    return
  }
  const before = kind < 5 ? bag.take(random) : undefined
  if (before === undefined) {
    bag.rows.push(row)
    builder.push('insert', origin, row)
  } else if (kind < 3) builder.push('delete', origin, before)
  else {
    bag.rows.push(row)
    builder.push('update', origin, row, before)
  }
}

/** What the fold holds, and what its changes add up to, slot by slot. */
function held(fold: BagFold): readonly string[] {
  const { count, lanes, weights } = everything(fold)
  return Array.from({ length: count }, (_, row) =>
    new Array<string>(weights[row] as number).fill(lanes.map((lane) => String(laneValueAt(lane, row))).join('/')),
  )
    .flat()
    .toSorted()
}

function everything({ store }: BagFold): ZBatch {
  return store.rowsIn(Int32Array.from({ length: store.slotCount }, (_, slot) => slot))
}

function add(weights: Map<number, number>, { batch, slots }: FoldChange): void {
  for (const [row, slot] of slots.entries()) weights.set(slot, (weights.get(slot) ?? 0) + (batch.weights[row] as number))
}

it('law 3: a bag holds each row as often as it is there, whether it finds rows again or only puts them down', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 0, max: 6 }), (seed, calmSteps) => {
      const random = seededRandom(seed)
      const fold = new BagFold(SHAPE, 8)
      const bag = new Bag()
      const weights = new Map<number, number>()
      for (let step = 0; step < 14; step += 1) {
        const builder = new BatchBuilder(SCHEMA)
        const calm = step < calmSteps
        for (let index = 0; index <= random.below(12); index += 1) push(builder, { bag, random, calm }, index)
        add(weights, fold.step([builder.finish()]))
        expect(held(fold)).toEqual(bag.text())
        for (const [slot, weight] of weights) expect(everything(fold).weights[slot]).toBe(weight)
      }
    }),
    { numRuns: 300 },
  )
})
