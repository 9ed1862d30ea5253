import { CRASH_POINTS, type CrashPoint, pick, type Random } from '@millrace/base'
import type { Kill } from '../victim/kill.ts'

/** Points that a process meets only before its first snapshot is complete. */
const FIRST_POINTS: readonly CrashPoint[] = ['capture.before-slot', 'capture.in-snapshot', 'capture.after-snapshot']
/** A run of the graph has a process and a drill of its own. */
const LATER_POINTS = CRASH_POINTS.filter((point) => !FIRST_POINTS.includes(point) && !point.startsWith('graph.'))
/** A random kill falls within this time after the process said that it was ready. */
const RANDOM_DELAY_MS_MAX = 1500

/**
 * A fifth of the kills fall before the snapshot is whole; of the rest, every second one is at a named
 * point, taken in turn so that none is left out, and the others at a random moment.
 */
export function killPlan(random: Random, kills: number): { readonly first: readonly Kill[]; readonly later: readonly Kill[] } {
  const firstCount = Math.max(Math.min(kills, FIRST_POINTS.length), Math.floor(kills / 5))
  // The snapshot is whole after the last of these, so that one comes last; before it the others in turn.
  const first = Array.from({ length: firstCount }, (_, at): Kill => {
    const point = at === firstCount - 1 ? 'capture.after-snapshot' : at % 2 === 0 ? 'capture.before-slot' : 'capture.in-snapshot'
    return { at: 'point', point, visit: 1 }
  })
  const later = Array.from({ length: kills - firstCount }, (_, at): Kill => {
    if (at % 2 === 1) return { at: 'time', delayMs: random.below(RANDOM_DELAY_MS_MAX) }
    return { at: 'point', point: LATER_POINTS[(at / 2) % LATER_POINTS.length] ?? pick(random, LATER_POINTS), visit: 1 + random.below(20) }
  })
  return { first, later }
}
