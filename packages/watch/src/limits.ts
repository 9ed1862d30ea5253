/** The bounds by which silence and delay are judged (law 8). Each is a default that a caller may replace. */
export interface WatchLimits {
  /** How often a live far side gives a sign of life: Postgres sends a keepalive about this often. */
  readonly contactIntervalMs: number
  /** So many intervals without any sign of life are a death. */
  readonly silentIntervalsLimit: number
  /** Changes within this time count as passing now. */
  readonly passingMs: number
  /** Work that waits this long without any progress is stalled. */
  readonly stalledMs: number
  /** Later than this behind its input is lagging. */
  readonly lagMsLimit: number
  /** A start, a snapshot or a fill without any progress for this long is stalled. */
  readonly startingMsLimit: number
  /** Samples further apart than this mean that the process did not run: the machine slept. */
  readonly asleepMsLeast: number
  /** After a sleep, nobody is called dead or stalled for this long. */
  readonly recoveryMsLimit: number
}

export const WATCH_LIMITS: WatchLimits = {
  contactIntervalMs: 10_000,
  silentIntervalsLimit: 3,
  passingMs: 10_000,
  stalledMs: 15_000,
  lagMsLimit: 10_000,
  startingMsLimit: 60_000,
  asleepMsLeast: 10_000,
  recoveryMsLimit: 30_000,
}

/** Seconds of history that are kept of each subject. */
export const HISTORY_SAMPLES_LIMIT = 120
