import { seededRandom } from '@millrace/base'
import { BatchBuilder, type LogReader, type Schema, type StateSegment, type Value } from '@millrace/core'
import { laneValueAt } from '@millrace/sql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BagFold } from './bag-fold.ts'
import { foldShapeOf } from './fold-columns.ts'
import { makeFold } from './make-fold.ts'
import { ownerOfRows, SavedRows } from './saved-rows.ts'
import type { StreamFold } from './stream-fold.ts'

const COLUMNS: Schema['columns'] = [
  { name: 'id', type: { kind: 'int64' }, nullable: false },
  { name: 'word', type: { kind: 'text' }, nullable: true },
]

function rowsOf({ store }: StreamFold): readonly string[] {
  const slots = Int32Array.from({ length: store.slotCount }, (_, slot) => slot)
  const { count, lanes, weights } = store.rowsIn(slots)
  return Array.from({ length: count }, (_, row) => `${lanes.map((lane) => String(laneValueAt(lane, row))).join('/')}×${weights[row]}`)
    .filter((text) => !text.endsWith('×0'))
    .toSorted()
}

describe('the saved rows of a fold', () => {
  it('law 1: read back are the rows as they were saved, however often segments were merged', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom('keyed', 'bag', 'events'), fc.integer({ min: 1, max: 60 }), (seed, kind, saves) => {
        const random = seededRandom(seed)
        const schema: Schema = { columns: COLUMNS, key: kind === 'keyed' ? [0] : [] }
        const shape = foldShapeOf('a.table', schema, { names: new Set(['id', 'word']) })
        const newFold = (): StreamFold => (kind === 'keyed' ? makeFold(shape) : new BagFold(shape, 8))
        const fold = newFold()
        const idsLimit = kind === 'events' ? 1_000_000 : 30
        const saved = new SavedRows(ownerOfRows('a.table'))
        const segments = new Map<number, StateSegment>()
        let most = 0
        for (let save = 0; save < saves; save += 1) {
          const builder = new BatchBuilder(schema)
          const held = new Set(rowsOf(fold))
          for (let change = random.below(12); change >= 0; change -= 1) {
            const row: Value[] = [random.below(idsLimit), random.below(5) === 0 ? null : `w${random.below(3)}`]
            const there = held.has(`${row.map(String).join('/')}×1`)
            builder.push(there ? 'delete' : 'insert', { transaction: save, index: change, time: 0 }, row)
            held.delete(`${row.map(String).join('/')}×1`)
          }
          fold.step([builder.finish()])
          const { put = [], remove = [] } = saved.save(fold.store)
          for (const { sequence } of remove) segments.delete(sequence)
          for (const segment of put) segments.set(segment.sequence, segment)
          most = Math.max(most, segments.size)
        }
        const reader = {
          segments: () => [...segments.values()].toSorted((a, b) => a.sequence - b.sequence).values(),
        } as unknown as LogReader
        const restored = newFold()
        new SavedRows(ownerOfRows('a.table')).load(reader, restored.store)
        expect(rowsOf(restored)).toEqual(rowsOf(fold))
        expect(most).toBeLessThan(24)
      }),
      { numRuns: 60 },
    )
  })

  it('of a stream of events are read back as they were saved, in their order, without a look at each', () => {
    const schema: Schema = { columns: COLUMNS, key: [] }
    const shape = foldShapeOf('a.table', schema, { names: new Set(['id', 'word']) })
    const fold = new BagFold(shape, 8)
    const saved = new SavedRows('a.table')
    const segments: StateSegment[] = []
    for (let save = 0; save < 5; save += 1) {
      const builder = new BatchBuilder(schema)
      for (let at = 0; at < 9; at += 1) builder.push('insert', { transaction: save, index: at, time: 0 }, [save * 9 + at, `w${at}`])
      fold.step([builder.finish()])
      segments.push(...(saved.save(fold.store).put ?? []))
    }
    const reader = { segments: () => segments.values() } as unknown as LogReader
    const restored = new BagFold(shape, 8)
    new SavedRows('a.table').load(reader, restored.store)
    expect(restored.store.events).not.toBeNull()
    expect(rowsOf(restored)).toEqual(rowsOf(fold))
    expect(rowsOf(restored)).toHaveLength(45)
  })
})
