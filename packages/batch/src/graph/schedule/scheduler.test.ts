import type { Clock, MillraceError } from '@millrace/base'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphCatalog } from '../catalog/catalog.ts'
import { readSchedule, type Schedule, type ScheduleSettings } from './schedule.ts'
import { scheduleState } from './schedule-state.ts'
import { type DueOutcome, type DueRun, Scheduler } from './scheduler.ts'

/** Time that passes only when it is told to, with whatever waits for it. */
class TestTime implements Clock {
  #nowMs: number
  readonly #waiting = new Set<{ readonly atMs: number; readonly wake: () => void }>()

  constructor(now: string) {
    this.#nowMs = Date.parse(now)
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const one = { atMs: this.#nowMs + delayMs, wake: resolve }
      this.#waiting.add(one)
      signal?.addEventListener('abort', () => {
        this.#waiting.delete(one)
        reject(signal.reason as Error)
      })
    })
  }

  async until(text: string): Promise<void> {
    const endMs = Date.parse(text)
    for (;;) {
      await settled()
      const [next] = [...this.#waiting].sort((one, other) => one.atMs - other.atMs)
      if (next === undefined || next.atMs > endMs) break
      this.#waiting.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.wake()
    }
    this.#nowMs = endMs
    await settled()
  }
}

/** Whatever follows from promises that are resolved already has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

let folder: string
let catalog: GraphCatalog
let time: TestTime
let performed: string[]
let troubles: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-schedules-'))
  time = new TestTime('2026-05-01T00:00Z')
  catalog = new GraphCatalog(join(folder, 'catalog.db'), time)
  performed = []
  troubles = []
})

afterEach(() => {
  catalog.close()
  rmSync(folder, { recursive: true, force: true })
})

const scheduleOf = (name: string, settings: ScheduleSettings): Schedule => {
  const schedule = readSchedule(name, settings)
  if (typeof schedule === 'string') throw new Error(schedule)
  return schedule
}

const short = (atMs: number | null): string => (atMs === null ? 'never' : new Date(atMs).toISOString().slice(5, 16))
const DONE: DueOutcome = { status: 'published', run: 1, problem: null }

interface Started {
  /** What a process does that is told to stop. */
  stop(): Promise<void>
}

function start(schedules: readonly Schedule[], perform: (due: DueRun, signal: AbortSignal) => Promise<DueOutcome>): Started {
  const stopping = new AbortController()
  const scheduler = new Scheduler({
    schedules,
    catalog,
    clock: time,
    perform: (due, signal) => {
      performed.push(`${due.schedule.name} ${short(due.dueMs)} at ${short(time.nowMs())}`)
      return perform(due, signal)
    },
    onTrouble: ({ code, details }: MillraceError) =>
      troubles.push(`${code} ${String(details['schedule'])} ${String(details['minutes'] ?? '')}`.trim()),
  })
  const ended = scheduler.run(stopping.signal)
  return {
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

/** Takes so long, or until it is told to stop. */
const taking =
  (seconds: number) =>
  async (_due: DueRun, signal: AbortSignal): Promise<DueOutcome> =>
    time.sleep(seconds * 1000, signal).then(
      () => DONE,
      () => ({ status: 'stopped', run: 1, problem: null }),
    )

test('a schedule runs each time that it is due, and its runs are remembered', async () => {
  const nightly = scheduleOf('nightly', { at: '30 2 * * *', zone: 'Europe/Berlin', deadline: '06:00' })
  const process = start([nightly], taking(600))
  await time.until('2026-05-03T12:00Z')
  expect(performed).toEqual([
    'nightly 05-01T00:30 at 05-01T00:30',
    'nightly 05-02T00:30 at 05-02T00:30',
    'nightly 05-03T00:30 at 05-03T00:30',
  ])
  expect(scheduleState(nightly, catalog, time.nowMs())).toMatchObject({
    nextMs: Date.parse('2026-05-04T00:30Z'),
    deadlineMs: Date.parse('2026-05-04T04:00Z'),
    expectedMs: Date.parse('2026-05-04T00:40Z'),
    willBeLate: false,
    last: { status: 'published', dueMs: Date.parse('2026-05-03T00:30Z'), endedMs: Date.parse('2026-05-03T00:40Z') },
  })
  await process.stop()
})

test('one run at a time: what is due meanwhile waits, and of several times only the newest is made up for', async () => {
  const quarter = scheduleOf('quarter', { every: '15 min' })
  const long = scheduleOf('long', { at: '20 0 * * *' })
  const process = start([quarter, long], async (due, signal) => taking(due.schedule === long ? 3600 : 60)(due, signal))
  await time.until('2026-05-01T01:36Z')
  expect(performed).toEqual([
    'quarter 05-01T00:15 at 05-01T00:15',
    'long 05-01T00:20 at 05-01T00:20',
    'quarter 05-01T01:15 at 05-01T01:20',
    'quarter 05-01T01:30 at 05-01T01:30',
  ])
  await process.stop()
})

test('what was missed while the process was down runs once when it starts, and what was not known before was not missed', async () => {
  const hourly = scheduleOf('hourly', { every: '1 h' })
  const first = start([hourly], taking(1))
  await time.until('2026-05-01T02:30Z')
  expect(performed).toHaveLength(2)
  await first.stop()
  await time.until('2026-05-01T09:30Z')
  performed.length = 0
  const second = start([hourly, scheduleOf('new', { at: '0 5 * * *' })], taking(1))
  await time.until('2026-05-01T09:31Z')
  expect(performed).toEqual(['hourly 05-01T09:00 at 05-01T09:30'])
  await time.until('2026-05-01T10:30Z')
  expect(performed).toEqual(['hourly 05-01T09:00 at 05-01T09:30', 'hourly 05-01T10:00 at 05-01T10:00'])
  await second.stop()
})

test('a run that was stopped with its process is begun again, and so is one whose process was killed', async () => {
  const nightly = scheduleOf('nightly', { at: '0 1 * * *' })
  const first = start([nightly], taking(3600))
  await time.until('2026-05-01T01:30Z')
  await first.stop()
  expect(catalog.schedules.runs('nightly', 9)).toMatchObject([{ status: 'stopped' }])
  const second = start([nightly], taking(60))
  await time.until('2026-05-01T01:40Z')
  await second.stop()
  const killed = { schedule: 'nightly', deadlineMs: null, endedMs: null, run: null, problem: null, status: 'running' } as const
  catalog.schedules.write({ ...killed, dueMs: Date.parse('2026-05-02T01:00Z'), startedMs: Date.parse('2026-05-02T01:00Z') })
  await time.until('2026-05-02T03:00Z')
  const third = start([nightly], taking(60))
  await time.until('2026-05-02T04:00Z')
  expect(performed.slice(1)).toEqual(['nightly 05-01T01:00 at 05-01T01:30', 'nightly 05-02T01:00 at 05-02T03:00'])
  await third.stop()
})

test('where another run is at work in the environment, it waits for that one, and others go on', async () => {
  const nightly = scheduleOf('nightly', { at: '0 1 * * *' })
  const other = scheduleOf('other', { at: '0 1 * * *', env: 'dev' })
  const freeMs = Date.parse('2026-05-01T01:00:25Z')
  const process = start([nightly, other], ({ schedule }) =>
    Promise.resolve(schedule === nightly && time.nowMs() < freeMs ? { status: 'busy' } : DONE),
  )
  await time.until('2026-05-01T02:00Z')
  expect(performed.map((each) => each.split(' ')[0])).toEqual(['nightly', 'other', 'nightly', 'nightly', 'nightly'])
  expect(catalog.schedules.runs('nightly', 9)).toMatchObject([{ status: 'published', startedMs: Date.parse('2026-05-01T01:00:30Z') }])
  await process.stop()
})

test('a deadline that will be missed is told before the run, while it runs and after it, each once', async () => {
  const nightly = scheduleOf('nightly', { at: '0 1 * * *', deadline: '02:00' })
  const process = start([nightly], taking(5400))
  await time.until('2026-05-01T01:59Z')
  expect(troubles).toEqual([])
  await time.until('2026-05-01T02:01Z')
  expect(troubles).toEqual(['SCHEDULE_WILL_BE_LATE nightly 1'])
  await time.until('2026-05-01T02:29Z')
  expect(troubles).toHaveLength(1)
  // What the first run took is known now: the next one is warned of long before it is due.
  await time.until('2026-05-01T03:00Z')
  expect(troubles.slice(1)).toEqual(['SCHEDULE_LATE nightly 30', 'SCHEDULE_WILL_BE_LATE nightly 30'])
  expect(scheduleState(nightly, catalog, time.nowMs())).toMatchObject({ willBeLate: true, running: null })
  await process.stop()
})

test('what the run that is at work tells of its own end is what counts', async () => {
  const nightly = scheduleOf('nightly', { at: '0 1 * * *', deadline: '2 h' })
  const process = start([nightly], async (due, signal) => {
    const run = catalog.beginRun({ environment: 'prod', cut: 0, streams: {}, planned: 9, resumes: null })
    const expectedMs = due.dueMs + 3 * 3_600_000
    catalog.forecasts.begin({ run, workers: 2, predictedSeconds: 60, deadlineMs: due.deadlineMs, expectedMs, unknown: 0 })
    return taking(60)(due, signal)
  })
  await time.until('2026-05-01T01:00:30Z')
  expect(troubles).toEqual(['SCHEDULE_WILL_BE_LATE nightly 60'])
  expect(scheduleState(nightly, catalog, time.nowMs())).toMatchObject({ running: { run: null }, willBeLate: true })
  await process.stop()
})

test('a run that fails is told with its number, and the schedule goes on', async () => {
  const process = start([scheduleOf('hourly', { every: '1 h' })], (due) =>
    due.dueMs > Date.parse('2026-05-01T01:00Z')
      ? Promise.reject(new DOMException('the process could not be started'))
      : Promise.resolve({ status: 'failed', run: 7, problem: 'a model failed' }),
  )
  await time.until('2026-05-01T02:30Z')
  expect(troubles).toEqual(['SCHEDULE_FAILED hourly', 'SCHEDULE_FAILED hourly'])
  expect(catalog.schedules.runs('hourly', 9)).toMatchObject([
    { problem: 'the process could not be started' },
    { run: 7, problem: 'a model failed' },
  ])
  await process.stop()
})

test.each([
  [{}, 'needs one of'],
  [{ at: '0 1 * * *', every: '1 h' }, 'needs one of'],
  [{ at: '0 1 * *' }, 'fields'],
  [{ every: 'hour' }, 'no interval'],
  [{ every: '0 min' }, 'no interval'],
  [{ every: '1 h', zone: 'Nowhere' }, "no time zone 'Nowhere'"],
  [{ every: '1 h', deadline: '25:00' }, "no time such as '06:00'"],
])('the schedule %j is refused', (settings, problem) => {
  expect(readSchedule('wrong', settings)).toContain(problem)
})

test('a deadline at a time of day is the next one after the time that it is due', () => {
  const late = scheduleOf('late', { at: '30 22 * * *', zone: 'America/New_York', deadline: '06:00' })
  const dueMs = late.dueAfter(Date.parse('2026-03-07T12:00Z')) ?? 0
  // The clock is put forward in that night.
  expect([short(dueMs), short(late.deadlineOf(dueMs))]).toEqual(['03-08T03:30', '03-08T10:00'])
})
