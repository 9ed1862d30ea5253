/** Every bound of a delivery, with what happens at it (law 8). */
export interface DeliverLimits {
  /** Requests in flight; further events wait. */
  readonly concurrency: number
  readonly timeoutMs: number
  /** After so many attempts an event is parked. */
  readonly attemptsLimit: number
  /** Events read ahead of the oldest that is not yet recorded; reading waits. */
  readonly windowEventsLimit: number
  /** Stored bytes of the batches that these events came in; reading waits. */
  readonly windowBytesLimit: number
  /** An event read ahead so far behind the newest is listed in the table, so that the rest flows on. */
  readonly windowSpanLimit: number
  /** Keys that wait for a retry; at the limit nothing new is read until one of them is through. */
  readonly waitingKeysLimit: number
  /** A larger body is not sent: its event is parked. */
  readonly bodyBytesLimit: number
  /** The oldest attempts beyond so many are forgotten. */
  readonly attemptsKeptLimit: number
  /** How much of an answer is kept with its attempt. */
  readonly responseTextLimit: number
  /** The first retry of an event comes after this; each later one after three times as long, to the limit. */
  readonly retryBaseMs: number
  readonly retryLimitMs: number
  /** The pause after which a silent endpoint is probed with one request: doubled each time, to the limit. */
  readonly probeBaseMs: number
  readonly probeLimitMs: number
  /** At the end of a run, requests in flight have so long to be answered. */
  readonly stopGraceMs: number
}

/** Eleven delays of 1 s × 3ⁿ add up to a day: the twelve attempts of the default. */
export const DEFAULT_LIMITS: DeliverLimits = {
  concurrency: 32,
  timeoutMs: 15_000,
  attemptsLimit: 12,
  windowEventsLimit: 1024,
  windowBytesLimit: 16 * 1024 * 1024,
  windowSpanLimit: 4096,
  waitingKeysLimit: 10_000,
  bodyBytesLimit: 1024 * 1024,
  attemptsKeptLimit: 1_000_000,
  responseTextLimit: 512,
  retryBaseMs: 1000,
  retryLimitMs: 16 * 3_600_000,
  probeBaseMs: 1000,
  probeLimitMs: 60_000,
  stopGraceMs: 2000,
}
