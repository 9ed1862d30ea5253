import type { Measured } from './measure.ts'

/** What is told of one query, measured in one way. */
export interface ModeFigures {
  /** All events of the file, read or not, as Nexmark counts; by the clock, and by the working thread's own time. */
  readonly eventsPerSecond: number
  readonly eventsPerCpuSecond: number
  /** By the time of all threads: the only measure that is the same for another's process. */
  readonly eventsPerProcessCpuSecond: number
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

export function modeFigures(measured: Measured, { events, expected }: Expected): ModeFigures {
  const { seconds, cpuSeconds, processCpuSeconds, peakBytes, rows, checksum, read } = measured
  return {
    eventsPerSecond: Math.round(events / seconds),
    eventsPerCpuSecond: Math.round(events / cpuSeconds),
    eventsPerProcessCpuSecond: Math.round(events / processCpuSeconds),
    readPerSecond: Math.round(read / seconds),
    peakMegabytes: Math.round(peakBytes / 1e6),
    rows,
    sameAsDuckdb: `${rows}/${checksum}` === expected,
  }
}
