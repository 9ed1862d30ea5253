import type { Measured } from './measure.ts'
import type { Spent } from './stopwatch.ts'

/** What is told of one query, measured in one way. */
export interface ModeFigures {
  /** All events of the file, read or not, as Nexmark counts; by the clock, and by the working thread's own time. */
  readonly eventsPerSecond: number
  readonly eventsPerCpuSecond: number
  /** By the time of all threads: the only measure that is the same for another's process. */
  readonly eventsPerProcessCpuSecond: number
  /** The same of the first pass, of a process that has just begun. */
  readonly coldEventsPerProcessCpuSecond: number
  readonly readPerSecond: number
  readonly peakMegabytes: number
  readonly rows: number
  readonly sameAsDuckdb: boolean
}

/** What it must come to: how many events the file has, and `rows/checksum` of DuckDB. */
export interface Expected {
  readonly events: number
  readonly expected: string
}

/** Of the round that took the least by this measure: others share the machine. */
export function modeFigures(measured: Measured, by: keyof Spent, { events, expected }: Expected): ModeFigures {
  const { runs, cold, peakBytes, rows, checksum, read } = measured
  const { seconds, cpuSeconds, processCpuSeconds } = runs.toSorted((one, other) => one[by] - other[by])[0] as Spent
  return {
    eventsPerSecond: Math.round(events / seconds),
    eventsPerCpuSecond: Math.round(events / cpuSeconds),
    eventsPerProcessCpuSecond: Math.round(events / processCpuSeconds),
    coldEventsPerProcessCpuSecond: Math.round(events / cold.processCpuSeconds),
    readPerSecond: Math.round(read / seconds),
    peakMegabytes: Math.round(peakBytes / 1e6),
    rows,
    sameAsDuckdb: `${rows}/${checksum}` === expected,
  }
}
