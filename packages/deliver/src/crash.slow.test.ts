/**
 * Case 2: the process is killed, as by SIGKILL, at each of the delivery's crash points, many times over.
 * At the receiver nothing may be missing, a repeat must bear its old id, and no key may go back in time
 * by more than the one event that was in flight.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { CrashPoint } from '@millrace/base'
import { openReader } from '@millrace/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliverySummary, listAttempts } from './index.ts'
import { DeliverySetup } from './testing/delivery-setup.ts'
import { type Received, Receiver } from './testing/receiver.ts'

const KEYS = 50
const VERSIONS = 6
const CONCURRENCY = 16

let setup: DeliverySetup
let receiver: Receiver

beforeEach(async () => {
  setup = await DeliverySetup.open()
  receiver = await Receiver.start()
})

afterEach(async () => {
  await setup.close()
  await receiver.stop()
})

const bodyOf = ({ body }: Received): { position: number; key: { order_id: number } } =>
  JSON.parse(body) as { position: number; key: { order_id: number } }

test.each<[CrashPoint, number[]]>([
  ['deliver.before-send', [1, 40, 90, 17]],
  ['deliver.before-record', [1, 3, 5, 2]],
  ['deliver.after-record', [1, 3, 5, 2]],
])(
  'case 2, law 5: killed at %s, nothing is lost, and a repeat is at most what was in flight, under its old id',
  async (point, countdowns) => {
    const changes = Array.from({ length: KEYS * VERSIONS }, (_, at) => ({ row: [at % KEYS, `v${at}`, at] }))
    await setup.append(changes)
    await setup.store.close()
    const path = join(setup.folder, 'store.db')

    for (const countdown of countdowns) {
      expect(await runChild(path, `${point}:${countdown}`)).toBe('SIGKILL')
    }
    expect(await runChild(path, '')).toBe(0)

    const times = Map.groupBy(receiver.received, ({ id }) => id)
    expect(times.size).toBe(changes.length)
    const repeats = receiver.received.length - times.size
    // At each kill so many are in flight, and four times as many answers may wait to be recorded.
    expect(repeats).toBeLessThanOrEqual(countdowns.length * CONCURRENCY * 5)
    if (point === 'deliver.before-record') expect(repeats).toBeGreaterThan(0)
    for (const [, events] of Map.groupBy(receiver.received, (received) => bodyOf(received).key.order_id)) {
      expect(withoutRepeats(events.map((received) => bodyOf(received).position))).toEqual(
        Array.from({ length: VERSIONS }, (_, version) => version * KEYS + bodyOf(events[0]!).key.order_id),
      )
    }
    const reader = openReader(path)
    const summary = deliverySummary(reader, 'partner')
    expect(summary).toMatchObject({ delivered: changes.length, waiting: 0, retrying: 0, parked: 0 })
    for (const id of times.keys()) expect(listAttempts(reader, { eventId: id }).length).toBe(1)
    reader.close()
  },
)

/** Only an event that follows itself directly counts as a repeat. */
function withoutRepeats(positions: readonly number[]): number[] {
  return positions.filter((position, at) => position !== positions[at - 1])
}

function runChild(path: string, crashAt: string): Promise<number | NodeJS.Signals | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing/crash-child.ts'), path, receiver.url], {
    env: { ...process.env, MILLRACE_CRASH_AT: crashAt, NODE_OPTIONS: '' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
}
