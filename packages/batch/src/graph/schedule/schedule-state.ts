/** What is known of one schedule now: when it is due next, what came of it last, and whether it will be in time. */
import type { GraphCatalog } from '../catalog/catalog.ts'
import { median } from '../forecast/estimate.ts'
import type { Schedule } from './schedule.ts'
import type { ScheduledRun } from './schedule-memory.ts'

export interface ScheduleState {
  readonly name: string
  readonly environment: string
  readonly nextMs: number | null
  readonly deadlineMs: number | null
  /** When the next run will have ended, or the one that is at work, by what is known now; null where nothing is. */
  readonly expectedMs: number | null
  /** Whether that is after the deadline. */
  readonly willBeLate: boolean
  /** The run that is at work. */
  readonly running: ScheduledRun | null
  /** The newest run that ended. */
  readonly last: ScheduledRun | null
}

/** The median of so many runs is what the next one is expected to take. */
const RUNS_COUNTED = 7
/** Most runs of a schedule that is often due have nothing to compute. */
const RUNS_LOOKED_AT = 50

export function scheduleState(schedule: Schedule, catalog: GraphCatalog, nowMs: number): ScheduleState {
  const { name, environment } = schedule
  const runs = catalog.schedules.runs(name, RUNS_LOOKED_AT)
  const running = runs[0]?.status === 'running' ? runs[0] : null
  const last = runs.find(({ status }) => status !== 'running') ?? null
  const nextMs = schedule.dueAfter(nowMs)
  const dueMs = running?.dueMs ?? nextMs
  const deadlineMs = dueMs === null ? null : schedule.deadlineOf(dueMs)
  const usualSeconds = median(runs.flatMap((run) => secondsOf(run) ?? []).slice(0, RUNS_COUNTED))
  const beginsMs = running?.startedMs ?? nextMs
  const usualMs = beginsMs === null || usualSeconds === null ? null : beginsMs + usualSeconds * 1000
  const toldMs = running === null ? null : expectedEndMs(catalog, environment, running)
  const expectedMs = toldMs ?? usualMs
  // A run of which nothing is known is late once its deadline has passed.
  const endMs = running === null ? expectedMs : Math.max(expectedMs ?? nowMs, nowMs)
  const willBeLate = deadlineMs !== null && endMs !== null && endMs > deadlineMs
  return { name, environment, nextMs, deadlineMs, expectedMs, willBeLate, running, last }
}

/** Runs that had something to compute. */
function secondsOf({ status, startedMs, endedMs }: ScheduledRun): number | null {
  return status === 'published' && endedMs !== null ? (endedMs - startedMs) / 1000 : null
}

/** What the run that is at work tells of itself. */
function expectedEndMs(catalog: GraphCatalog, environment: string, { startedMs }: ScheduledRun): number | null {
  const [run] = catalog.runs(1, environment)
  if (run?.status !== 'running' || run.startedMs < startedMs) return null
  return catalog.forecasts.of(run.id)?.expectedMs ?? null
}
