/**
 * Debezium's embedded engine and Millrace in front of the same waiting changes, one after the other. Both are
 * warm when the clock starts. Debezium's records are counted and dropped, so `decoded` is the same point of
 * ours; `logged` goes further, to the durable log.
 */
import { cpus } from 'node:os'
import { join } from 'node:path'
import { buildMavenProject, javaVersion } from '../../jvm/maven-project.ts'
import { cpuSecondsPerMillion, type Figures, perSecond, ratio, speedOf } from '../figures.ts'
import { forget, runLife, withGround } from '../ground.ts'
import type { LifeOrder, LifeResult } from '../life.ts'
import { prepare, tell, turned } from '../postgres-bench.ts'
import { makeChanges } from '../workload.ts'
import { runDebezium } from './debezium-jvm.ts'

const READERS = ['debezium', 'decoded', 'logged'] as const
type Reader = (typeof READERS)[number]
const TABLE_ROWS = 100_000
const GOAL = 3

export interface DebeziumOptions {
  readonly rounds: number
  readonly quick: boolean
  readonly note: (line: string) => void
}

export interface DebeziumOutcome {
  readonly peer: string
  readonly figures: Figures
  /** Ours at least three times in changes per second of processor time, to the same point. */
  readonly goalMet: boolean
  readonly rounds: number
  readonly cores: number
}

export async function debeziumBench({ rounds, quick, note }: DebeziumOptions): Promise<DebeziumOutcome> {
  const measured = quick ? 100_000 : 700_000
  const warmUp = quick ? 50_000 : 300_000
  const lives: Record<Reader, LifeResult[]> = { debezium: [], decoded: [], logged: [] }
  await withGround(TABLE_ROWS, async (ground) => {
    const project = await buildMavenProject({ peer: 'debezium', folder: ground.folder, note })
    for (let round = 0; round < rounds; round += 1) {
      const orders = new Map<Reader, LifeOrder>()
      for (const reader of READERS)
        orders.set(reader, await prepare(ground, reader === 'debezium' ? 'peer' : reader, `r${round}_${reader}`))
      const { made } = await makeChanges(ground.postgres, warmUp + measured)
      for (const reader of turned(READERS, round)) {
        const prepared = orders.get(reader)
        if (prepared === undefined) continue
        const order = { ...prepared, changes: made, warmUp }
        const offsets = join(ground.folder, `r${round}.offsets`)
        const life = reader === 'debezium' ? await runDebezium({ project, order, offsets }) : await runLife(order)
        lives[reader].push(life)
        note(`round ${round + 1}/${rounds}  ${reader.padEnd(8)} ${tell(life)}`)
        await forget(ground, order)
      }
    }
  })
  const figures = figuresOf(lives)
  return {
    peer: `Debezium embedded 3.6.1.Final, ${await javaVersion()}`,
    figures,
    goalMet: (figures['decodedPerCpuSecondOfDebezium'] ?? 0) >= GOAL,
    rounds,
    cores: cpus().length,
  }
}

const perCpuSecond = ({ changes, cpuSeconds }: LifeResult): number => changes / cpuSeconds

function figuresOf({ debezium, decoded, logged }: Record<Reader, LifeResult[]>): Figures {
  const efficiency = (lives: readonly LifeResult[]): number => perSecond(lives.map((life) => ({ ...life, seconds: life.cpuSeconds })))
  return {
    debeziumPerSecond: perSecond(debezium),
    decodedPerSecond: perSecond(decoded),
    loggedPerSecond: perSecond(logged),
    debeziumCpuSecondsPerMillion: cpuSecondsPerMillion(debezium),
    decodedCpuSecondsPerMillion: cpuSecondsPerMillion(decoded),
    loggedCpuSecondsPerMillion: cpuSecondsPerMillion(logged),
    debeziumPerCpuSecond: efficiency(debezium),
    decodedPerCpuSecond: efficiency(decoded),
    loggedPerCpuSecond: efficiency(logged),
    decodedOfDebezium: ratio(decoded, debezium, speedOf),
    decodedPerCpuSecondOfDebezium: ratio(decoded, debezium, perCpuSecond),
    loggedPerCpuSecondOfDebezium: ratio(logged, debezium, perCpuSecond),
    changes: decoded[0]?.changes ?? 0,
  }
}

export function debeziumText({ peer, figures, goalMet, rounds, cores }: DebeziumOutcome): string {
  const row = (name: string, key: string): string => {
    const cells = [figures[`${key}PerSecond`], figures[`${key}CpuSecondsPerMillion`], figures[`${key}PerCpuSecond`]]
    return `  ${name.padEnd(28)}${cells.map((cell) => (cell ?? Number.NaN).toLocaleString('en').padStart(20)).join('')}`
  }
  return [
    peer,
    `  ${''.padEnd(28)}${['changes/s', 'CPU s per million', 'changes per CPU s'].map((name) => name.padStart(20)).join('')}`,
    row('Debezium, to records', 'debezium'),
    row('Millrace, to batches', 'decoded'),
    row('Millrace, to durable log', 'logged'),
    `  ours per CPU second: ${figures['decodedPerCpuSecondOfDebezium']} times to the same point, ${figures['loggedPerCpuSecondOfDebezium']} to the durable log; goal ${GOAL}: ${goalMet ? 'met' : 'MISSED'}`,
    `  medians of ${rounds} rounds, ${cores} cores`,
  ].join('\n')
}
