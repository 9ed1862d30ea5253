/** Makes the file, asks DuckDB, measures each query in processes of its own, and compares. */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NODE_FLAGS } from 'millrace/node-flags'
import { runChild } from '../run-child.ts'
import { DuckdbAnswer } from './duckdb-answer.ts'
import { writeEvents } from './event-file.ts'
import { type FlinkFigures, flinkFigures, flinkText, onCoresOf } from './flink/flink-figures.ts'
import { type FlinkOutcome, flinkOutcome } from './flink/flink-outcome.ts'
import { FlinkPeer } from './flink/flink-peer.ts'
import type { Measured, MeasureOrder, Prepared, Refused } from './measure.ts'
import { type ModeFigures, modeFigures } from './mode-figures.ts'
import { type NexmarkQuery, nexmarkQueries } from './queries.ts'

const PROCESS = fileURLToPath(new URL('./measure-process.ts', import.meta.url))
/** Of V8's heap: the peers keep their rows as objects. */
const HEAP = '--max-old-space-size=8192'
/** Each round begins without what the ones before left. */
const COLLECTS = '--expose-gc'

export interface NexmarkOptions {
  readonly events: number
  readonly rounds: number
  readonly only: string
  readonly seed: number
  readonly rate: number
  readonly portion: number
  readonly modes: string
  /** The engine is measured in one thread, and over so many workers; 1 for the former alone. */
  readonly workers: number
  /** `flink` or nothing. */
  readonly peer: string
  /** Seconds for which a query runs before it is measured, ours and the peers'; 0: the first pass of a process is measured. */
  readonly warmUp: number
  readonly note: (line: string) => void
}

export interface QueryFigures {
  readonly query: string
  readonly goalPerSecond: number | null
  readonly refused?: string
  readonly engine?: ModeFigures
  /** The engine over several workers. */
  readonly spread?: ModeFigures
  readonly operators?: ModeFigures
  readonly peer?: ModeFigures
  /** How many times the speed of one worker, by the clock. */
  readonly timesOne?: number
  /** How many times the speed of db-ivm, both in memory, of processor time with all threads. */
  readonly timesPeer?: number
  /** For each number of workers. */
  readonly flink?: readonly FlinkFigures[]
}

export interface NexmarkOutcome {
  readonly events: number
  readonly rate: number
  readonly seed: number
  readonly rounds: number
  readonly cores: number
  readonly queries: readonly QueryFigures[]
  /** Queries whose result differs from DuckDB's. */
  readonly wrong: readonly string[]
  readonly refused: readonly string[]
  readonly belowGoal: readonly string[]
  /** With `--peer flink`. */
  readonly flink?: FlinkOutcome
}

export async function nexmarkBench(options: NexmarkOptions): Promise<NexmarkOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'))
  try {
    const { events, seed, rate, rounds, note } = options
    const file = join(folder, 'events.csv')
    await writeEvents(file, { events, seed, rate })
    note(`${events} events written`)
    const flink = options.peer === 'flink' ? await FlinkPeer.build(folder, note) : null
    const duckdb = await DuckdbAnswer.open(file)
    const queries: QueryFigures[] = []
    for (const query of nexmarkQueries(options.only)) {
      const { rows, ...expected } = await duckdb.of(query.sql).then((sum) => ({ rows: sum.rows, checksum: String(sum) }))
      const figures = await ofQuery(query, { ...options, file, folder, flink, expected: `${rows}/${expected.checksum}` })
      note(lineOf(figures))
      queries.push(figures)
    }
    duckdb.close()
    const outcome = { events, rate, seed, rounds, cores: cpus().length, queries, ...judged(queries) }
    return flink === null ? outcome : { ...outcome, flink: await flinkOutcome(flink, { ...options, file, queries }) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface QueryOptions extends NexmarkOptions {
  readonly file: string
  readonly folder: string
  readonly flink: FlinkPeer | null
  readonly expected: string
}

async function ofQuery(query: NexmarkQuery, options: QueryOptions): Promise<QueryFigures> {
  const best: Partial<Record<Mode, ModeFigures>> = {}
  const head = { query: query.name, goalPerSecond: query.goal === null ? null : query.goal * 1000 }
  for (const mode of modesOf(options)) {
    const measured = await measure(query, mode, options)
    if (!('refused' in measured)) best[mode] = modeFigures(measured, mode === 'spread' ? 'seconds' : 'processCpuSeconds', options)
    else if (mode !== 'peer') return { ...head, refused: measured.refused }
  }
  const { operators, peer, engine, spread } = best
  const times = operators === undefined || peer === undefined ? null : operators.eventsPerProcessCpuSecond / peer.eventsPerProcessCpuSecond
  const timesOne = engine === undefined || spread === undefined ? null : spread.eventsPerSecond / engine.eventsPerSecond
  const rounded = (ratio: number): number => Math.round(ratio * 10) / 10
  const told = {
    ...head,
    ...best,
    ...(timesOne === null ? {} : { timesOne: rounded(timesOne) }),
    ...(times === null ? {} : { timesPeer: rounded(times) }),
  }
  if (options.flink === null) return told
  return { ...told, flink: await flinkFigures({ ...options, peer: options.flink, query, ours: best }) }
}

type Mode = 'engine' | 'spread' | 'operators' | 'peer'

function modesOf({ modes, workers }: NexmarkOptions): readonly Mode[] {
  const asked = modes.split(',')
  return (['engine', 'spread', 'operators', 'peer'] as const).filter((mode) =>
    mode === 'spread' ? workers > 1 && asked.includes('engine') : asked.includes(mode),
  )
}

async function measure(query: NexmarkQuery, mode: Mode, options: QueryOptions): Promise<Measured | Refused> {
  const { file, folder, portion: portionEvents, warmUp: warmUpSeconds, rounds } = options
  const store = join(folder, query.name, 'store.db')
  const workers = mode === 'spread' ? options.workers : 1
  const asked = { mode: mode === 'spread' ? 'engine' : mode, query: query.name, workers } as const
  const order: MeasureOrder = { ...asked, file, store, portionEvents, warmUpSeconds, rounds, cut: 0 }
  const child = { file: PROCESS, flags: [...NODE_FLAGS, HEAP, COLLECTS], before: options.flink === null ? [] : onCoresOf(workers) }
  if (order.mode !== 'engine') return runChild<Measured | Refused>({ ...child, order })
  try {
    const prepared = await runChild<Prepared | Refused>({ ...child, order: { ...order, mode: 'prepare' } })
    if ('refused' in prepared) return prepared
    return await runChild<Measured | Refused>({ ...child, order: { ...order, cut: prepared.cut } })
  } finally {
    rmSync(join(folder, query.name), { recursive: true, force: true })
  }
}

function judged(queries: readonly QueryFigures[]): Pick<NexmarkOutcome, 'wrong' | 'refused' | 'belowGoal'> {
  const isWrong = ({ engine, spread, operators, peer }: QueryFigures): boolean =>
    [engine, spread, operators, peer].some((figures) => figures !== undefined && !figures.sameAsDuckdb)
  const isBelow = ({ goalPerSecond, engine }: QueryFigures): boolean =>
    goalPerSecond !== null && engine !== undefined && engine.eventsPerCpuSecond < goalPerSecond
  return {
    wrong: queries.filter(isWrong).map(({ query }) => query),
    refused: queries.flatMap(({ query, refused }) => (refused === undefined ? [] : [`${query}: ${refused}`])),
    belowGoal: queries.filter(isBelow).map(({ query }) => query),
  }
}

function lineOf({ query, goalPerSecond, refused, engine, spread, operators, peer, timesOne, timesPeer, flink }: QueryFigures): string {
  if (refused !== undefined) return `${query.padEnd(4)} is refused: ${refused}`
  const thousands = (perSecond: number | undefined): string => (perSecond === undefined ? '-' : String(Math.round(perSecond / 1000)))
  const part = (name: string, figures: ModeFigures | undefined): string =>
    figures === undefined
      ? ''
      : `${name} ${thousands(figures.eventsPerSecond).padStart(5)} (${thousands(figures.eventsPerCpuSecond)}) k/s${figures.sameAsDuckdb ? '' : ' WRONG'}  `
  const goal = goalPerSecond === null ? '' : `goal ${thousands(goalPerSecond)}  `
  const memory = engine === undefined ? '' : `${engine.peakMegabytes} MB  `
  const one = timesOne === undefined ? '' : `${timesOne} x  `
  const times = timesPeer === undefined ? '' : `${timesPeer} x`
  const ours = `${part('engine', engine)}${memory}${part('workers', spread)}${one}${part('operators', operators)}`
  return `${query.padEnd(4)} ${goal}${ours}${part('db-ivm', peer)}${times}${flink === undefined ? '' : `  ${flinkText(flink)}`}`
}

export function nexmarkText({ events, rate, queries }: NexmarkOutcome): string {
  const head = `${events} events, ${rate} a second of event time; thousand events a second by the clock (by the thread's own time)`
  return [head, ...queries.map(lineOf)].join('\n')
}
