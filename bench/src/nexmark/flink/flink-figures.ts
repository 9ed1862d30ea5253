/** Flink beside ours: which of ours is compared with which of Flink's, and by how much it is faster. */
import type { NexmarkQuery } from '../queries.ts'
import type { ModeFigures } from '../mode-figures.ts'
import type { FlinkMeasured, FlinkPeer } from './flink-peer.ts'

/** The words that keep a process to the first cores, as many as it has workers; where the system knows no such program, none. */
export function onCoresOf(workers: number): readonly string[] {
  if (process.platform !== 'linux') return []
  return ['taskset', '--cpu-list', Array.from({ length: workers }, (_, core) => core).join(',')]
}

/** Results that Flink itself does not determine, and why: a comparison of these would be worse than none. */
const UNDETERMINED_OVER_PARTITIONS: Readonly<Record<string, string>> = {
  q18: 'its event time has milliseconds, and of two bids within one, several partitions do not say which came last',
}

export interface FlinkFigures {
  readonly workers: number
  /** Flink's reason, where it cannot run the query. */
  readonly refused?: string
  /** By the clock, and by the time of all its threads, those of the collector and the compiler too. */
  readonly eventsPerSecond?: number
  readonly eventsPerCpuSecond?: number
  readonly peakMegabytes?: number
  readonly rows?: number
  readonly sameAsDuckdb?: boolean
  /** Why its result is not compared. */
  readonly notCompared?: string
  /** How many times Flink's events per second of processor time, all threads counted, on as many cores. */
  readonly ours?: OursToFlink
}

interface OursToFlink {
  /** From the log through the operators to a durable stream: more than Flink does, which drops its result. */
  readonly engine?: number
  /** The operators alone, the result dropped as Flink's is. */
  readonly operators?: number
}

export interface FlinkComparison {
  readonly peer: FlinkPeer
  readonly query: NexmarkQuery
  readonly file: string
  readonly events: number
  readonly rounds: number
  readonly warmUp: number
  /** Flink is measured with one, and with as many as `spread` has. */
  readonly workers: number
  /** `rows/checksum` of DuckDB. */
  readonly expected: string
  /** `spread` is the engine over several workers. */
  readonly ours: Readonly<Partial<Record<'engine' | 'spread' | 'operators', ModeFigures>>>
}

export async function flinkFigures(comparison: FlinkComparison): Promise<readonly FlinkFigures[]> {
  const all: FlinkFigures[] = []
  for (const workers of new Set([1, comparison.workers])) {
    // What cannot be planned for one cannot be planned for more.
    if (all.some(({ refused }) => refused !== undefined)) break
    all.push(await figuresOf(comparison, workers))
  }
  return all
}

async function figuresOf(comparison: FlinkComparison, workers: number): Promise<FlinkFigures> {
  const { peer, query, file, rounds, warmUp: warmUpSeconds, events, expected } = comparison
  const before = onCoresOf(workers)
  const measured = await peer.measure({ query: query.name, file, parallelism: workers, warmUpSeconds, rounds, before })
  if ('refused' in measured) return { workers, refused: measured.refused }
  const speed = speedOf(measured, events)
  const notCompared = workers === 1 ? undefined : UNDETERMINED_OVER_PARTITIONS[query.name]
  const times = (figures: ModeFigures | undefined): number | undefined => {
    return figures === undefined ? undefined : Math.round((figures.eventsPerProcessCpuSecond / speed.eventsPerCpuSecond) * 100) / 100
  }
  const { ours } = comparison
  const engine = times(workers === 1 ? ours.engine : ours.spread)
  const operators = workers === 1 ? times(ours.operators) : undefined
  return {
    workers,
    ...speed,
    rows: measured.rows,
    ...(notCompared === undefined ? { sameAsDuckdb: `${measured.rows}/${measured.checksum}` === expected } : { notCompared }),
    ours: { ...(engine === undefined ? {} : { engine }), ...(operators === undefined ? {} : { operators }) },
  }
}

export interface FlinkSpeed {
  readonly eventsPerSecond: number
  readonly eventsPerCpuSecond: number
  readonly peakMegabytes: number
}

export function speedOf({ seconds, cpuSeconds, peakBytes }: FlinkMeasured, events: number): FlinkSpeed {
  return {
    eventsPerSecond: Math.round(events / seconds),
    eventsPerCpuSecond: Math.round(events / cpuSeconds),
    peakMegabytes: Math.round(peakBytes / 1e6),
  }
}

export function flinkText(all: readonly FlinkFigures[]): string {
  return all
    .map(({ workers, refused, eventsPerSecond, eventsPerCpuSecond, sameAsDuckdb, ours }) => {
      if (refused !== undefined) return 'Flink refuses it'
      const thousands = (perSecond: number | undefined): number => Math.round((perSecond ?? Number.NaN) / 1000)
      const times = Object.entries(ours ?? {}).map(([mode, ratio]) => `, our ${mode} ${ratio} x`)
      return `Flink ${workers}: ${thousands(eventsPerSecond)} (${thousands(eventsPerCpuSecond)}) k/s${sameAsDuckdb === false ? ' DIFFERS' : ''}${times.join('')}`
    })
    .join('  ')
}
