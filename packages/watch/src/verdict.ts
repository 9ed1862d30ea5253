/**
 * The words for how a thing is doing (law 6), from best to worst.
 *
 * - `flowing`: changes pass, close behind their input.
 * - `quiet`: nothing to carry, and there is proof that the far side is alive and has nothing.
 * - `lagging`: changes pass, but later than they should, or it is still catching up.
 * - `unknown`: there is no evidence either way. Never shown as good.
 * - `stalled`: the far side is there and work waits, but nothing passes.
 * - `dead`: it will not pass again by itself, or the far side has been silent for too long.
 */
export const VERDICTS = ['flowing', 'quiet', 'lagging', 'unknown', 'stalled', 'dead'] as const

export type Verdict = (typeof VERDICTS)[number]
