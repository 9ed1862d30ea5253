import { type Append, CELL, type ControlStatement, OPERATION, type Schema, valueAt } from '@millrace/core'
import { expect, test } from 'vitest'
import type { ParkedRecord } from '../parking/parked-record.ts'
import { PendingChanges, type PendingSlot, type Taken } from './pending-changes.ts'

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

const NOTES: Schema = {
  columns: [
    { name: 'id', type: { kind: 'int32' as const }, nullable: false },
    { name: 'note', type: { kind: 'text' as const }, nullable: true },
  ],
  key: [0],
}

/** Rows whose notes tell their ids; every third has none. */
function fill(slot: PendingSlot, first: number, rows: number): void {
  for (let id = first; id < first + rows; id += 1) {
    const { builder } = slot
    builder.start(OPERATION.INSERT, 1, id, 0, false)
    builder.after[0]?.pushNumber(id)
    const note = Buffer.from(`note ${id}`)
    if (id % 3 === 0) builder.after[1]?.pushCell(CELL.NULL)
    else builder.after[1]?.pushUtf8(note, 0, note.length)
  }
}

function expectRows({ batch }: Append, first: number, rows: number): void {
  const ids = Array.from({ length: rows }, (_, row) => first + row)
  expect(ids.map((_, row) => batch.after.map((vector) => valueAt(vector, row)))).toEqual(
    ids.map((id) => [id, id % 3 === 0 ? null : `note ${id}`]),
  )
  expect(Array.from(batch.indexes)).toEqual(ids)
}

test('memory serves again only when who took the changes is done with them, in whatever order, and then tells nothing of before', () => {
  const pending = new PendingChanges(null, { reusedBytesMax: 1_000_000 })
  const slot = pending.slot('shop.a', 0, NOTES)
  const buffers = new Set<ArrayBufferLike>()
  const held: { taken: Taken; first: number; rows: number }[] = []
  for (const [round, rows] of [40, 50, 30, 60, 20, 70, 1, 300].entries()) {
    const first = round * 1000 + 1
    fill(slot, first, rows)
    pending.bytes = rows * 20
    const taken = pending.take()
    for (const { batch } of taken.appends) buffers.add(batch.indexes.buffer)
    held.push({ taken, first, rows })
    // While the next rows come, these are still on their way.
    fill(slot, 90_000, 5)
    for (const each of held) for (const append of each.taken.appends) expectRows(append, each.first, each.rows)
    pending.drop()
    if (held.length === 3) held.splice(round % 2, 1)[0]?.taken.done()
  }
  expect(buffers.size).toBeLessThan(8)
})

test('no more memory is kept than is wanted: neither of a large batch, nor of many tables', () => {
  const pending = new PendingChanges(null, { reusedBytesMax: 1000 })
  const slots = Array.from({ length: 10 }, (_, at) => pending.slot(`shop.${at}`, 0, NOTES))
  const bufferOf = (slot: PendingSlot, bytes: number): ArrayBufferLike | undefined => {
    fill(slot, 1, 10)
    pending.bytes = bytes
    const taken = pending.take()
    taken.done()
    return taken.appends[0]?.batch.indexes.buffer
  }
  const [first] = slots as [PendingSlot]
  expect(bufferOf(first, 1001)).not.toBe(bufferOf(first, 500))
  const before = slots.map((slot) => bufferOf(slot, 300))
  const again = slots
    .toReversed()
    .map((slot) => bufferOf(slot, 300))
    .toReversed()
  expect(before.map((buffer, at) => buffer === again[at])).toEqual([...Array.from({ length: 7 }, () => false), true, true, true])
})

test('what is before a division comes before what is after it, whichever slots hold it; one slot is never divided', () => {
  const pending = new PendingChanges()
  const slots = [0, 1].map((partition) => pending.slot('shop.a', partition, NOTES)) as [PendingSlot, PendingSlot]
  const alone = pending.slot('shop.b', 0, NOTES)
  fill(slots[0], 1, 2)
  pending.divide(slots)
  fill(alone, 7, 1)
  pending.divide([alone])
  fill(slots[0], 3, 1)
  fill(alone, 8, 1)
  fill(slots[1], 4, 1)
  pending.divide(slots)
  fill(slots[1], 5, 1)
  const told = (): string[] =>
    pending.take().appends.map(({ stream, partition, batch }) => `${stream} ${partition}: ${Array.from(batch.indexes).join(' ')}`)
  expect(told()).toEqual(['shop.a 0: 1 2', 'shop.a 0: 3', 'shop.a 1: 4', 'shop.a 1: 5', 'shop.b 0: 7 8'])
  expect(told()).toEqual([])
  fill(slots[1], 6, 1)
  pending.divide(slots)
  pending.drop()
  expect(told()).toEqual([])
})
