import type { ControlStatement } from '@millrace/core'
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
