/**
 * The clock on a wall of some place, and the instants at which it shows a time: one, none where the clock is
 * put forward over it, two where it is put back.
 */

/** What a calendar and a clock on the wall show; the month is 1 to 12. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
}

const DAY_MS = 86_400_000

export class Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat

  /** Raises a RangeError where there is no such zone. */
  constructor(name: string) {
    this.name = name
    const numeric = '2-digit'
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    })
  }

  wallTime(atMs: number): WallTime {
    const shown = new Date(atMs + this.#offsetMs(atMs))
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
    }
  }

  /** When the clock shows it, the earlier first. */
  instantsOf(time: WallTime): number[] {
    const asUtcMs = utcMs(time)
    // No place changes its clock twice within two days.
    const offsets = new Set([this.#offsetMs(asUtcMs - DAY_MS), this.#offsetMs(asUtcMs + DAY_MS)])
    return [...offsets]
      .map((offsetMs) => asUtcMs - offsetMs)
      .filter((atMs) => atMs + this.#offsetMs(atMs) === asUtcMs)
      .sort((one, other) => one - other)
  }

  /** The first instant at which the clock shows it; where it is put forward over it, the instant at which that happens. */
  firstInstant(time: WallTime): number {
    const [first] = this.instantsOf(time)
    if (first !== undefined) return first
    const asUtcMs = utcMs(time)
    let beforeMs = asUtcMs - DAY_MS
    let afterMs = asUtcMs + DAY_MS
    const offsetMs = this.#offsetMs(beforeMs)
    while (afterMs - beforeMs > 1) {
      const middleMs = Math.floor((beforeMs + afterMs) / 2)
      if (this.#offsetMs(middleMs) === offsetMs) beforeMs = middleMs
      else afterMs = middleMs
    }
    return afterMs
  }

  /** By how much the clock is ahead of UTC. */
  #offsetMs(atMs: number): number {
    const wholeMs = Math.floor(atMs / 1000) * 1000
    const parts = Object.fromEntries(this.#format.formatToParts(wholeMs).map(({ type, value }) => [type, value]))
    const part = (name: string): number => Number(parts[name])
    const year = parts['era'] === 'BC' ? 1 - part('year') : part('year')
    return Date.UTC(year, part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - wholeMs
  }
}

/** The instant at which a clock in Greenwich shows it, with days and months beyond their end counted on. */
export function utcMs({ year, month, day, hour, minute }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute)
}
