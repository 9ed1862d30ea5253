/**
 * The pause before a retry: full jitter, so that thousands that failed together do not come back together.
 * What the server asks for is kept, and jittered upwards alone.
 */
export function pauseMs(attempt: number, { baseMs, limitMs, askedMs }: { baseMs: number; limitMs: number; askedMs: number }): number {
  const whole = Math.min(limitMs, baseMs * 2 ** Math.min(attempt, 30))
  if (askedMs > 0) return askedMs + Math.random() * Math.min(whole, askedMs)
  return Math.random() * whole
}
