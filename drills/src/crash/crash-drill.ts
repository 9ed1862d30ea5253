/**
 * The crash drill: `millrace start` runs the shop's whole thread under load and is killed, again and
 * again, as by a power cut to the process. Postgres, the workload and the receiver live on. At the end
 * it runs once more to its end, and is judged by what Postgres itself says.
 *
 * Laws 1, 2 and 5. Two counts are kept apart: until the first snapshot is whole the log is held to the
 * tables' contents; from then on also to the exact number of changes that the workload committed.
 */
import { type Clock, seededRandom, systemClock } from '@millrace/base'
import { seedShop, shopSchema, ShopWorkload, type Postgres, type Receiver, startPostgres, startReceiver } from '@millrace/testing'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { caughtUp, type Judgement, judge, loggedChanges } from './judge.ts'
import { describeKill, type Kill } from '../victim/kill.ts'
import { type Death, Victim, type VictimOptions } from '../victim/victim.ts'
import { killPlan } from './kill-plan.ts'
import { makeProject } from './project.ts'

const SIZE = { customers: 300, products: 100, orders: 3000 } as const
const CHANGES_PER_SECOND = 150

export interface CrashDrillOptions {
  readonly kills: number
  readonly seed: number
  readonly workers: number
  readonly keep: boolean
  readonly note: (line: string) => void
}

export interface CrashOutcome extends Judgement {
  readonly kills: number
  readonly seconds: number
  /** How often each named point was met. */
  readonly points: Readonly<Record<string, number>>
  readonly pointsNotMet: number
  readonly atRandom: number
}

interface Scene {
  readonly postgres: Postgres
  readonly receiver: Receiver
  readonly workload: ShopWorkload
  readonly victim: VictimOptions
  readonly storePath: string
  readonly clock: Clock
}

export async function crashDrill({ kills, seed, workers, keep, note }: CrashDrillOptions): Promise<CrashOutcome> {
  const clock = systemClock
  const startedMs = clock.monotonicMs()
  const plan = killPlan(seededRandom(seed), kills)
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const project = makeProject('crash', workers)
  const postgres = await startPostgres()
  const receiver = await startReceiver({ secrets: [secret] })
  try {
    await postgres.query(shopSchema)
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await seedShop(client, { ...SIZE, seed }).finally(() => client.end())
    const workload = new ShopWorkload({ url: postgres.url, seed, ratePerSecond: CHANGES_PER_SECOND })
    const environment = { SHOP_URL: postgres.url, TOTALS_URL: receiver.url, TOTALS_SECRET: secret }
    const victim = { project, environment, logPath: join(project, 'victim.log'), clock }
    const scene: Scene = { postgres, receiver, workload, victim, storePath: join(project, '.millrace/store.db'), clock }

    const early = await underLoad(scene, () => killAll(scene, plan.first, note))
    await runUntilCaughtUp(scene)
    const base = { logged: loggedChanges(scene.storePath), committed: workload.stats().changes }
    const late = await underLoad(scene, () => killAll(scene, plan.later, note))
    await runUntilCaughtUp(scene)

    const judgement = await judge({
      ...scene,
      project,
      expectedSince: { logged: base.logged, changes: workload.stats().changes - base.committed },
    })
    return {
      kills: early.length + late.length,
      ...judgement,
      ...tally([...early, ...late]),
      seconds: Math.round((clock.monotonicMs() - startedMs) / 1000),
    }
  } finally {
    await receiver.close()
    await postgres.stop()
    if (keep) note(`Kept: ${project}`)
    else rmSync(project, { recursive: true, force: true })
  }
}

interface Killed {
  readonly kill: Kill
  readonly death: Death
}

async function underLoad<T>({ workload }: Scene, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const running = workload.run(stop.signal)
  try {
    return await work()
  } finally {
    stop.abort()
    await running
  }
}

async function killAll({ victim }: Scene, kills: readonly Kill[], note: (line: string) => void): Promise<Killed[]> {
  const killed: Killed[] = []
  for (const kill of kills) {
    const death = await new Victim(victim, kill).die(kill)
    killed.push({ kill, death })
    note(`kill ${killed.length}/${kills.length}: ${describeKill(kill)}${death === 'point-not-met' ? ' (not met; killed anyway)' : ''}`)
  }
  return killed
}

/** One life without a kill, until every change has passed the whole thread; then an orderly end. */
async function runUntilCaughtUp(scene: Scene): Promise<void> {
  const victim = new Victim(scene.victim, null)
  try {
    await caughtUp(scene, () => victim.ended)
  } finally {
    await victim.stop()
  }
}

function tally(killed: readonly Killed[]): Pick<CrashOutcome, 'points' | 'pointsNotMet' | 'atRandom'> {
  const points: Record<string, number> = {}
  for (const { kill, death } of killed) if (kill.at === 'point' && death === 'at-point') points[kill.point] = (points[kill.point] ?? 0) + 1
  return {
    points,
    pointsNotMet: killed.filter(({ death }) => death === 'point-not-met').length,
    atRandom: killed.filter(({ kill }) => kill.at === 'time').length,
  }
}
