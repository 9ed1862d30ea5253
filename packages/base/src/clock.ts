/** Time as a stage sees it. Tests inject a clock of their own; nothing else reads the machine's. */
export interface Clock {
  /** Wall time in milliseconds since 1970; it may step. */
  nowMs(): number
  /** Milliseconds that only ever go forward; for durations and schedules. */
  monotonicMs(): number
  /** Resolves after the delay, or rejects with the signal's reason. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now() + driftMs(),
  monotonicMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error)
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason as Error)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, delayMs)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

/** `performance` has microseconds but never follows a corrected wall clock; the difference does. */
function driftMs(): number {
  const drift = Date.now() - (performance.timeOrigin + performance.now())
  return Math.abs(drift) < 2 ? 0 : drift
}
