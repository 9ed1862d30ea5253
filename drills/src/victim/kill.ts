import type { CrashPoint } from '@millrace/base'

/** How one life of the process ends: at a named point, or so many milliseconds after it was ready. */
export type Kill =
  | { readonly at: 'point'; readonly point: CrashPoint; readonly visit: number }
  | { readonly at: 'time'; readonly delayMs: number }

/** For people. */
export function describeKill(kill: Kill): string {
  return kill.at === 'point' ? `${kill.point}, visit ${kill.visit}` : `at random, ${kill.delayMs} ms after it was ready`
}
