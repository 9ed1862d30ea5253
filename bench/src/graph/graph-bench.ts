import { assert } from '@millrace/base'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from '../run-child.ts'
import { checksumSql } from './checksum.ts'
import type { Step } from './peer/graph-peer.ts'
import { type Called, callCli } from './cli-process.ts'
import { writeModel, writeProject } from './graph-project.ts'
import { benchPeer, type PeerFigures, type ReadyPeer, readyPeers } from './peer/peer-bench.ts'
import { peerLines, type PeerRatios, ratiosTo } from './peer/peer-ratios.ts'
import { isShape, type Shape, type ShapedModel, shapedModels, SHAPES } from './shapes.ts'
import type { StraightOrder, StraightResult } from './straight-process.ts'

export interface GraphOptions {
  readonly models: number
  readonly shape: string
  readonly rows: number
  readonly seed: number
  /** Names with commas between. */
  readonly peer: string
  readonly keep: boolean
  readonly note: (line: string) => void
}

interface RunFigures {
  /** Wall time of the process, from its start to its end. */
  readonly seconds: number
  readonly cpuSeconds: number
  readonly computed: number
}

/** All seconds are those of a whole process of the command line. */
export interface OurFigures {
  readonly shape: Shape
  readonly models: number
  readonly start: number
  readonly checkCold: number
  readonly checkWarm: number
  readonly full: RunFigures
  readonly nothing: RunFigures
  readonly planAfterEdit: number
  readonly edit: RunFigures
  readonly editExpected: number
  readonly environment: RunFigures
  readonly peakMb: number
  /** Processor time of what a peer does too. A check compiles all. */
  readonly cpuSeconds: Readonly<Record<Step, number>>
  /** The same statements, straight into a DuckDB file and into memory. */
  readonly limit: number
  readonly limitInMemory: number
  /** Of processor time, into a file. */
  readonly limitCpuSeconds: number
  readonly limitInMemoryCpuSeconds: number
  /** `full` against `limit`. */
  readonly ratio: number
  /** The same of processor time, which says more where others use the cores. */
  readonly cpuRatio: number
  /** Tables whose rows differ from those that were computed straight. */
  readonly differing: number
}

export interface GraphOutcome extends OurFigures {
  readonly peers: readonly (PeerFigures & { readonly ratios: PeerRatios })[]
}

interface ShapeOptions extends GraphOptions {
  readonly peers: readonly ReadyPeer[]
}

const STRAIGHT = fileURLToPath(new URL('straight-process.ts', import.meta.url))
const CHECKSUMS_AT_ONCE = 500

export async function graphBench(options: GraphOptions): Promise<GraphOutcome[]> {
  const { shape } = options
  assert(shape === 'all' || isShape(shape), `the shape is one of ${SHAPES.join(', ')}, all`)
  const peers = await readyPeers(options.peer, options.note)
  const outcomes: GraphOutcome[] = []
  for (const each of shape === 'all' ? SHAPES : [shape]) {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-graph-bench-'))
    try {
      outcomes.push(await benchShape(folder, each, { ...options, peers }))
      options.note(JSON.stringify(outcomes.at(-1)))
    } finally {
      if (!options.keep) rmSync(folder, { recursive: true, force: true })
    }
  }
  return outcomes
}

async function benchShape(folder: string, shape: Shape, options: ShapeOptions): Promise<GraphOutcome> {
  const { models: count, rows, seed, note } = options
  const models = shapedModels({ shape, models: count, rows, seed })
  const project = join(folder, 'project')
  writeProject(project, models, rows)
  let peakMb = 0
  const cli = async (...words: string[]): Promise<Called> => {
    const called = await callCli(project, ...words)
    peakMb = Math.max(peakMb, called.peakMb)
    return called
  }
  const start = (await cli('runs')).seconds
  const cold = await cli('check')
  const warm = await cli('check')
  const full = figuresOf(await cli('run'))
  const nothing = figuresOf(await cli('run'))
  const { checksums, seconds: limit, cpuSeconds: limitCpuSeconds } = await computeStraight()
  const differing = await compare()
  const edited = Math.floor(count / 2)
  const { name, sql } = models[edited] as ShapedModel
  const model = { name, sql: `select * from (${sql}) e where id >= 0` }
  writeModel(project, edited, model)
  const plan = await cli('plan')
  const edit = figuresOf(await cli('run'))
  const environment = figuresOf(await cli('run', '--env', 'dev'))
  const inMemory = await straight(folder, ':memory:')
  const ours: OurFigures = {
    shape,
    models: count,
    start,
    checkCold: cold.seconds,
    checkWarm: warm.seconds,
    full,
    nothing,
    planAfterEdit: plan.seconds,
    edit,
    editExpected: behind(models, name),
    environment,
    peakMb: Math.round(peakMb),
    cpuSeconds: {
      checkCold: cold.cpuSeconds,
      checkWarm: warm.cpuSeconds,
      compile: cold.cpuSeconds,
      full: full.cpuSeconds,
      nothing: nothing.cpuSeconds,
      planAfterEdit: plan.cpuSeconds,
      edit: edit.cpuSeconds,
      environment: environment.cpuSeconds,
    },
    limit,
    limitInMemory: inMemory.seconds,
    limitCpuSeconds,
    limitInMemoryCpuSeconds: inMemory.cpuSeconds,
    ratio: full.seconds / limit,
    cpuRatio: full.cpuSeconds / limitCpuSeconds,
    differing,
  }
  // A peer takes long: what is known is told first.
  if (options.peers.length > 0) note(JSON.stringify(ours))
  const peers = []
  for (const ready of options.peers) {
    const at = { folder: join(folder, ready.peer.name), models, seed: join(project, 'seeds/source.csv') }
    const theirs = await benchPeer({ ready, project: at, edited: { at: edited, model }, checksums, note })
    peers.push({ ...theirs, ratios: ratiosTo(theirs, ours) })
  }
  return { ...ours, peers }

  function computeStraight(): Promise<StraightResult> {
    writeFileSync(join(folder, 'models.json'), JSON.stringify(models.map((each) => ({ name: each.name, sql: each.sql }))))
    return straight(folder, join(folder, 'straight.duckdb'))
  }

  async function compare(): Promise<number> {
    let wrong = 0
    for (let first = 0; first < models.length; first += CHECKSUMS_AT_ONCE) {
      const names = models.slice(first, first + CHECKSUMS_AT_ONCE).map((each) => each.name)
      const parts = names.map((each) => checksumSql(each))
      const { lines } = await callCli(project, 'query', parts.join(' UNION ALL '), '--env', 'prod', '--limit', '100000')
      const found = new Map(lines.map((line) => [line['name'], line['checksum']]))
      wrong += names.filter((each) => found.get(each) !== checksums[each]).length
    }
    return wrong
  }
}

function straight(folder: string, database: string): Promise<StraightResult> {
  const seed = join(folder, 'project/seeds/source.csv')
  const order: StraightOrder = { database, seed, models: join(folder, 'models.json'), checksums: database !== ':memory:' }
  return runChild<StraightResult>({ file: STRAIGHT, flags: [], order })
}

function figuresOf({ lines, seconds, cpuSeconds }: Called): RunFigures {
  return { seconds, cpuSeconds, computed: Number(lines.at(-1)?.['computed'] ?? Number.NaN) }
}

/** How many models an edit of one makes run: itself and all behind it. */
function behind(models: readonly ShapedModel[], name: string): number {
  const touched = new Set([name])
  for (const model of models) if (model.reads.some((read) => touched.has(read))) touched.add(model.name)
  return touched.size
}

export function graphText(outcomes: readonly GraphOutcome[]): string {
  const s = (seconds: number): string => `${seconds.toFixed(2)} s`
  return outcomes
    .flatMap((each) => [
      `${each.models} models, ${each.shape}; the process alone starts in ${s(each.start)}`,
      `  check: cold ${s(each.checkCold)}, warm ${s(each.checkWarm)}; plan after one edit ${s(each.planAfterEdit)}`,
      `  run: all ${s(each.full.seconds)} (of processor time ${s(each.full.cpuSeconds)}), the limit ${s(each.limit)} (${s(each.limitCpuSeconds)}; × ${each.ratio.toFixed(2)}, of processor time × ${each.cpuRatio.toFixed(2)}; in memory ${s(each.limitInMemory)}), nothing ${s(each.nothing.seconds)}`,
      `  one edit ${s(each.edit.seconds)} (${each.edit.computed} of ${each.editExpected} models), a new environment ${s(each.environment.seconds)}`,
      `  peak ${each.peakMb} MB; tables that differ: ${each.differing}`,
      ...each.peers.flatMap(peerLines),
    ])
    .join('\n')
}
