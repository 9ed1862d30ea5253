/**
 * Runs schedules when they are due: one run at a time, whatever their number. Of times that were missed, because
 * the process was down or another run took long, the newest is made up for, once. Where somebody else runs in the
 * same environment, it waits for them. What was due is written down before it is begun, so that a process that is killed
 * in the middle begins it again.
 */
import { type Clock, MillraceError } from '@millrace/base'
import type { GraphCatalog } from '../catalog/catalog.ts'
import { newestDue, type Schedule } from './schedule.ts'
import type { ScheduledRun } from './schedule-memory.ts'
import { scheduleState } from './schedule-state.ts'

export interface DueRun {
  readonly schedule: Schedule
  readonly dueMs: number
  readonly deadlineMs: number | null
}

/** `busy`: another run is at work in the environment, so nothing was done. */
export type DueOutcome =
  | { readonly status: 'published' | 'unchanged' | 'failed' | 'stopped'; readonly run: number | null; readonly problem: string | null }
  | { readonly status: 'busy' }

export interface SchedulerOptions {
  readonly schedules: readonly Schedule[]
  readonly catalog: GraphCatalog
  readonly clock: Clock
  /** Does one run; resolves when it has ended. */
  readonly perform: (due: DueRun, signal: AbortSignal) => Promise<DueOutcome>
  /** SCHEDULE_WILL_BE_LATE, SCHEDULE_LATE and SCHEDULE_FAILED, each once for each time that a schedule is due. */
  readonly onTrouble: (error: MillraceError) => void
}

/** A wall clock may be set, so it is looked at again after this at the latest. */
const SLEEP_MS_MAX = 60_000
/** So often it is asked whether the environment is free again. */
const BUSY_PAUSE_MS = 10_000
const WATCH_EVERY_MS = 5000

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #notBeforeMs = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** Resolves when the signal aborts and the run that was at work has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const due = this.#firstDue()
      if (due !== null) {
        await this.#perform(due, signal)
        continue
      }
      this.#warn()
      await clock.sleep(this.#pauseMs(), signal).catch(() => undefined)
    }
  }

  /** What has waited longest. */
  #firstDue(): DueRun | null {
    const nowMs = this.#options.clock.nowMs()
    const due = this.#options.schedules.flatMap((schedule) => {
      if ((this.#notBeforeMs.get(schedule.name) ?? 0) > nowMs) return []
      const dueMs = newestDue(schedule, { sinceMs: this.#doneMs(schedule, nowMs), nowMs })
      return dueMs === null ? [] : [{ schedule, dueMs, deadlineMs: schedule.deadlineOf(dueMs) }]
    })
    return due.sort((one, other) => one.dueMs - other.dueMs)[0] ?? null
  }

  /** What was due until then is done; a run that was stopped, or killed with its process, is not. */
  #doneMs(schedule: Schedule, nowMs: number): number {
    const { schedules } = this.#options.catalog
    const isDone = ({ status }: ScheduledRun): boolean => status !== 'running' && status !== 'stopped'
    const done = schedules.runs(schedule.name, 2).find(isDone)
    return Math.max(schedules.sinceMs(schedule, nowMs), done?.dueMs ?? -Infinity)
  }

  async #perform(due: DueRun, signal: AbortSignal): Promise<void> {
    const { catalog, clock, perform } = this.#options
    const { schedule, dueMs, deadlineMs } = due
    const begun = { schedule: schedule.name, dueMs, deadlineMs, startedMs: clock.nowMs(), endedMs: null, run: null, problem: null }
    catalog.schedules.write({ ...begun, status: 'running' })
    const watched = new AbortController()
    const watching = this.#watch(schedule, watched.signal)
    const outcome = await perform(due, signal).catch((error: unknown) => ({
      status: 'failed' as const,
      run: null,
      problem: error instanceof Error ? error.message : String(error),
    }))
    watched.abort()
    await watching
    if (outcome.status === 'busy') {
      catalog.schedules.forget(begun)
      this.#notBeforeMs.set(schedule.name, clock.nowMs() + BUSY_PAUSE_MS)
      return
    }
    const endedMs = clock.nowMs()
    catalog.schedules.write({ ...begun, ...outcome, endedMs })
    this.#tellOutcome(due, outcome, endedMs)
  }

  #tellOutcome({ schedule: { name }, dueMs, deadlineMs }: DueRun, outcome: Exclude<DueOutcome, { status: 'busy' }>, endedMs: number): void {
    const { onTrouble } = this.#options
    const { status, run, problem } = outcome
    if (status === 'failed')
      onTrouble(
        new MillraceError('SCHEDULE_FAILED', { details: { schedule: name, run: run ?? '', problem: problem ?? 'its models failed' } }),
      )
    else if (status !== 'stopped' && deadlineMs !== null && endedMs > deadlineMs)
      onTrouble(
        new MillraceError('SCHEDULE_LATE', {
          details: { schedule: name, run: run ?? '', ...timesOf(deadlineMs, endedMs), due: iso(dueMs) },
        }),
      )
  }

  /** Before it is due. */
  #warn(): void {
    for (const schedule of this.#options.schedules) this.#warnOf(schedule)
  }

  /** While it runs. */
  async #watch(schedule: Schedule, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#warnOf(schedule)
      await this.#options.clock.sleep(WATCH_EVERY_MS, signal).catch(() => undefined)
    }
  }

  #warnOf(schedule: Schedule): void {
    const { catalog, clock, onTrouble } = this.#options
    const { willBeLate, deadlineMs, expectedMs, name } = scheduleState(schedule, catalog, clock.nowMs())
    if (!willBeLate || deadlineMs === null) return
    const told = `${name} ${deadlineMs}`
    if (this.#told.has(told)) return
    this.#told.add(told)
    const details = { schedule: name, ...timesOf(deadlineMs, expectedMs ?? clock.nowMs()) }
    onTrouble(new MillraceError('SCHEDULE_WILL_BE_LATE', { details }))
  }

  #pauseMs(): number {
    const { clock, schedules } = this.#options
    const nowMs = clock.nowMs()
    const times = schedules.flatMap(({ name, dueAfter }) => {
      const notBeforeMs = this.#notBeforeMs.get(name) ?? 0
      return notBeforeMs > nowMs ? [notBeforeMs] : (dueAfter(nowMs) ?? [])
    })
    return Math.max(1, Math.min(SLEEP_MS_MAX, ...times.map((atMs) => atMs - nowMs)))
  }
}

function timesOf(deadlineMs: number, endMs: number): { deadline: string; end: string; minutes: number } {
  return { deadline: iso(deadlineMs), end: iso(endMs), minutes: Math.ceil((endMs - deadlineMs) / 60_000) }
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString()
}
