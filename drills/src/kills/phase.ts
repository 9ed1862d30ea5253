/** What Millrace was doing when it was killed, and the kills that are meant for it. */
import { CRASH_POINTS, type CrashPoint, type Random } from '@millrace/base'
import type { Kill } from '../victim/kill.ts'

export const PHASES = ['snapshot', 'backfill', 'stream', 'file', 'agent'] as const
export type Phase = (typeof PHASES)[number]

/** A random kill falls within this time after the process said that it was ready. */
const RANDOM_DELAY_MS_MAX: Readonly<Record<Phase, number>> = { snapshot: 700, backfill: 4000, stream: 1500, file: 1500, agent: 1500 }
/** Points that are met again and again are struck at a later visit. */
const VISITS_MAX: Readonly<Partial<Record<CrashPoint, number>>> = {
  'capture.in-snapshot': 3,
  'capture.before-append': 20,
  'capture.before-acknowledge': 20,
  'store.before-commit': 20,
  'store.after-commit': 20,
}

/** Each named point belongs to one phase; those of models and deliveries, which this drill has not, to none. */
function phaseOf(point: CrashPoint): Phase | null {
  if (/^(live|deliver)\./.test(point)) return null
  if (/^(files|logs)\./.test(point)) return 'file'
  if (point.startsWith('agent.')) return 'agent'
  if (/fill/.test(point)) return 'backfill'
  return /slot|snapshot/.test(point) ? 'snapshot' : 'stream'
}

/** A backfill reads as a snapshot does. */
const ALSO: Readonly<Partial<Record<Phase, readonly CrashPoint[]>>> = { backfill: ['capture.in-snapshot'] }
/** Met only by what this drill's project has not. */
const NOT_HERE = /^(logs|mysql)\./

export function pointsOf(phase: Phase): readonly CrashPoint[] {
  const own = CRASH_POINTS.filter((point) => phaseOf(point) === phase && !NOT_HERE.test(point))
  return [...own, ...(ALSO[phase] ?? [])]
}

/** The kills share the phases evenly; in each, every second one is at a named point, in turn, and the others at random. */
export function killsOf(phase: Phase, count: number, random: Random): Kill[] {
  const points = pointsOf(phase)
  return Array.from({ length: count }, (_, at): Kill => {
    const point = points[(at / 2) % points.length]
    if (at % 2 === 1 || point === undefined) return { at: 'time', delayMs: random.below(RANDOM_DELAY_MS_MAX[phase]) }
    return { at: 'point', point, visit: 1 + random.below(VISITS_MAX[point] ?? 1) }
  })
}

/** So many of all kills fall into each phase. */
export function share(kills: number, phases: number, at: number): number {
  return Math.floor(kills / phases) + (at < kills % phases ? 1 : 0)
}
