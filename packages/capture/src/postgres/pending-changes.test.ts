import { type ControlStatement, OPERATION, valueAt } from '@millrace/core'
import { expect, test } from 'vitest'
import type { ParkedRecord } from '../parking/parked-record.ts'
import { PendingChanges } from './pending-changes.ts'

const RECORD = {
  source: 'shop',
  stream: 'shop.a',
  partition: 0,
  index: 3,
  operation: 'insert',
  key: '1',
  code: 'CAPTURE_VALUE_UNREPRESENTABLE',
  reason: 'NaN',
  raw: new Uint8Array(),
  row: null,
  before: null,
} as unknown as Omit<ParkedRecord, 'transaction' | 'time' | 'place'>

function parkedBy(inProgress: boolean): ParkedRecord[] {
  const parked: ParkedRecord[] = []
  const park = (record: ParkedRecord): ControlStatement[] => {
    parked.push(record)
    return []
  }
  const parking = { load: () => undefined, isClear: () => true, holds: () => false, park, supersede: () => [] }
  const whole = new PendingChanges(parking, { offset: 1_000_000 })
  const pending = inProgress ? whole.ofTransaction() : whole
  pending.transaction = inProgress ? 0 : 500
  pending.park(RECORD)
  if (inProgress) pending.takeAt({ transaction: 500, timeMicros: 7 })
  return parked
}

test.each([false, true])(
  'law 5: what is parked has the transaction of the changes around it on another server too (in progress: %s)',
  (inProgress) => {
    expect(parkedBy(inProgress)).toMatchObject([{ transaction: 1_000_500, index: 3, place: 'position 0/1F4' }])
  },
)

test('memory serves again only when changes were taken so many times, and then tells nothing of before', () => {
  const schema = {
    columns: [
      { name: 'id', type: { kind: 'int32' as const }, nullable: false },
      { name: 'note', type: { kind: 'text' as const }, nullable: true },
    ],
    key: [0],
  }
  const pending = new PendingChanges(null, { reusedAfter: 2 })
  const slot = pending.slot('shop.a', 0, schema)
  const fill = (first: number, rows: number): void => {
    for (let id = first; id < first + rows; id += 1) {
      slot.builder.start(OPERATION.INSERT, 1, id, 0, false)
      slot.builder.after[0]?.pushNumber(id)
      const note = Buffer.from(`note ${id}`)
      slot.builder.after[1]?.pushUtf8(note, 0, note.length)
    }
  }
  const told: { batch: ReturnType<typeof pending.take>[number]['batch']; first: number; rows: number }[] = []
  for (const [round, rows] of [40, 50, 30, 60, 20, 70].entries()) {
    const first = round * 1000
    fill(first, rows)
    const [append] = pending.take()
    if (append !== undefined) told.push({ batch: append.batch, first, rows })
    // While the next rows come, the last two batches are still on their way.
    fill((round + 1) * 1000, 5)
    for (const { batch, ...expected } of told.slice(-2)) {
      const ids = Array.from({ length: expected.rows }, (_, row) => expected.first + row)
      expect(ids.map((_, row) => batch.after.map((vector) => valueAt(vector, row)))).toEqual(ids.map((id) => [id, `note ${id}`]))
      expect(Array.from(batch.indexes)).toEqual(ids)
    }
    pending.drop()
  }
  expect(new Set(told.map(({ batch }) => batch.indexes.buffer)).size).toBeLessThan(told.length)
})
