/**
 * `millrace start` with a database, a folder of files and an application's agent, all of them busy, is killed again
 * and again: while it reads the tables for the first time, while it reads tables that joined later, in the stream, in
 * the middle of files, and while events come in; the application is killed as well. Then it runs once more, and each
 * source is compared with the log: what is missing is lost, what is too much is duplicated (laws 1, 2 and 5).
 */
import { assert, type Clock, type Random, seededRandom, systemClock } from '@millrace/base'
import { openReader } from '@millrace/store'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describeKill, type Kill } from '../victim/kill.ts'
import { Victim, type VictimOptions } from '../victim/victim.ts'
import { countIdentities } from '../witness/identities.ts'
import { askBackfill } from './ask-backfill.ts'
import { AgentLoad } from './load/agent-load.ts'
import { FilesLoad } from './load/files-load.ts'
import type { Load, LoadVerdict } from './load/load.ts'
import { ShopLoad } from './load/shop-load.ts'
import { killsOf, type Phase, PHASES, share } from './phase.ts'
import { makeFolder, writeConfig } from './project.ts'

const CATCH_UP_MS_LIMIT = 180_000
const LOOK_MS = 500
const ASKED_DELAY_MS_MAX = 500
/** So often in a row nothing new must have come. */
const QUIET_LOOKS = 4

export interface KillsDrillOptions {
  readonly kills: number
  readonly seed: number
  readonly phases: readonly Phase[]
  readonly keep: boolean
  readonly note: (line: string) => void
}

export interface KillsOutcome {
  readonly kills: number
  readonly phases: Readonly<Partial<Record<Phase, number>>>
  readonly lost: number
  readonly duplicated: number
  readonly sources: Readonly<Record<string, LoadVerdict>>
  /** How often each named point was met. */
  readonly points: Readonly<Record<string, number>>
  readonly pointsNotMet: number
  readonly atRandom: number
  readonly hostsKilled: number
  /** Backfills that a person had asked for, and that were under way. */
  readonly backfillsAsked: number
  readonly seconds: number
}

export async function killsDrill(options: KillsDrillOptions): Promise<KillsOutcome> {
  const clock = systemClock
  const project = makeFolder()
  const drill = new KillsDrill(options, project, clock)
  try {
    return await drill.run()
  } finally {
    await drill.close()
    if (options.keep) options.note(`Kept: ${project}`)
    else rmSync(project, { recursive: true, force: true })
  }
}

class KillsDrill {
  readonly #options: KillsDrillOptions
  readonly #project: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #startedMs: number
  readonly #points: Record<string, number> = {}
  readonly #phases: Partial<Record<Phase, number>> = {}
  #shop: ShopLoad | null = null
  #agent: AgentLoad | null = null
  #loads: readonly Load[] = []
  #kills = 0
  #pointsNotMet = 0
  #atRandom = 0
  #hostsKilled = 0
  #backfills = 0

  constructor(options: KillsDrillOptions, project: string, clock: Clock) {
    this.#options = options
    this.#project = project
    this.#clock = clock
    this.#random = seededRandom(options.seed)
    this.#startedMs = clock.monotonicMs()
  }

  async run(): Promise<KillsOutcome> {
    const { phases, kills } = this.#options
    await this.#open()
    for (const phase of PHASES.filter((name) => phases.includes(name))) {
      const planned = killsOf(phase, share(kills, phases.length, phases.indexOf(phase)), this.#random)
      await this.#underLoad(async () => {
        for (const [at, kill] of planned.entries()) await this.#kill(phase, kill, at)
      })
      await this.#catchUp()
      // A snapshot begun anew repeats rows, so single changes are counted from here on.
      if (phase === 'snapshot' || phase === PHASES.find((name) => phases.includes(name))) this.#read((reader) => this.#shop?.count(reader))
    }
    return this.#judge()
  }

  async close(): Promise<void> {
    for (const load of this.#loads) await load.close()
  }

  async #open(): Promise<void> {
    const { seed, phases } = this.#options
    const clock = this.#clock
    this.#shop = await ShopLoad.open({ seed, clock })
    this.#loads = [this.#shop]
    if (phases.includes('file')) this.#loads = [...this.#loads, new FilesLoad({ project: this.#project, seed, clock })]
    if (phases.includes('agent')) {
      this.#agent = await AgentLoad.open({ project: this.#project, clock })
      this.#loads = [...this.#loads, this.#agent]
    }
    writeConfig(this.#project, this.#loads)
  }

  async #kill(phase: Phase, kill: Kill, at: number): Promise<void> {
    await this.#prepare(phase, at)
    const isAsked = phase === 'backfill' && kill.at === 'time'
    // Soon after it was asked for, a backfill is still under way.
    const planned = isAsked ? { ...kill, delayMs: kill.delayMs % ASKED_DELAY_MS_MAX } : kill
    const victim = new Victim(this.#victimOptions(), planned)
    const asked = isAsked ? this.#askBackfill(victim, at) : undefined
    if (phase === 'agent' && at % 4 === 3) await this.#killHost()
    const death = await victim.die(planned, asked)
    await asked
    this.#kills += 1
    this.#phases[phase] = (this.#phases[phase] ?? 0) + 1
    if (kill.at === 'time') this.#atRandom += 1
    else if (death === 'at-point') this.#points[kill.point] = (this.#points[kill.point] ?? 0) + 1
    else this.#pointsNotMet += 1
    this.#options.note(
      `kill ${this.#kills} (${phase}): ${describeKill(planned)}${death === 'point-not-met' ? ' (not met; killed anyway)' : ''}`,
    )
  }

  /** What the phase needs to happen again. Every second snapshot or table is another one; the others go on with what is left of it. */
  async #prepare(phase: Phase, at: number): Promise<void> {
    if (phase === 'snapshot' && at > 0 && at % 2 === 0) {
      this.#shop?.readAnew()
      writeConfig(this.#project, this.#loads)
    }
    if (phase === 'backfill' && at % 2 === 0) await this.#shop?.addTable()
  }

  /** A person has a table's rows read once more, some of them or all. */
  async #askBackfill(victim: Victim, at: number): Promise<void> {
    const where = at % 4 === 1 ? 'id % 2 = 0' : 'true'
    if (await askBackfill({ victim, stream: 'shop.archive', where, clock: this.#clock })) this.#backfills += 1
  }

  /** The application goes first, while Millrace lives. */
  async #killHost(): Promise<void> {
    await this.#clock.sleep(this.#random.below(1000))
    await this.#agent?.kill()
    this.#hostsKilled += 1
  }

  async #underLoad(work: () => Promise<void>): Promise<void> {
    const stop = new AbortController()
    const running = this.#loads.map((load) => load.run(stop.signal))
    try {
      await Promise.race([work(), Promise.all(running)])
    } finally {
      stop.abort()
      await Promise.all(running)
    }
  }

  /** One life without a kill, until everything has arrived and nothing more comes; then an orderly end. */
  async #catchUp(): Promise<void> {
    const victim = new Victim(this.#victimOptions(), null)
    const endMs = this.#clock.monotonicMs() + CATCH_UP_MS_LIMIT
    let quiet = 0
    let before = -1
    while (quiet < QUIET_LOOKS) {
      await this.#clock.sleep(LOOK_MS)
      assert(!victim.ended, 'the process lives until it is stopped')
      if (this.#clock.monotonicMs() > endMs) {
        this.#options.note(`Not everything arrived within ${CATCH_UP_MS_LIMIT} ms; it is judged as it is.`)
        break
      }
      const cut = this.#read((reader) => reader.cut()) ?? -1
      const isQuiet = cut !== -1 && cut === before && (await this.#allArrived()) && !(await victim.isFilling())
      quiet = isQuiet ? quiet + 1 : 0
      before = cut
    }
    await victim.stop()
  }

  async #allArrived(): Promise<boolean> {
    const reader = openReader(this.#storePath)
    try {
      for (const load of this.#loads) if (!(await load.arrived(reader))) return false
      return true
    } finally {
      reader.close()
    }
  }

  async #judge(): Promise<KillsOutcome> {
    const reader = openReader(this.#storePath)
    const sources: Record<string, LoadVerdict> = {}
    for (const load of this.#loads) sources[load.source] = await load.judge(reader)
    const { total, distinct } = countIdentities(reader)
    reader.close()
    const verdicts = Object.values(sources)
    return {
      kills: this.#kills + this.#hostsKilled,
      phases: this.#phases,
      lost: verdicts.reduce((sum, { lost }) => sum + lost, 0),
      duplicated: verdicts.reduce((sum, { duplicated }) => sum + duplicated, total - distinct),
      sources,
      points: this.#points,
      pointsNotMet: this.#pointsNotMet,
      atRandom: this.#atRandom,
      hostsKilled: this.#hostsKilled,
      backfillsAsked: this.#backfills,
      seconds: Math.round((this.#clock.monotonicMs() - this.#startedMs) / 1000),
    }
  }

  #read<Result>(ask: (reader: ReturnType<typeof openReader>) => Result): Result | null {
    if (!existsSync(this.#storePath)) return null
    const reader = openReader(this.#storePath)
    try {
      return ask(reader)
    } finally {
      reader.close()
    }
  }

  #victimOptions(): VictimOptions {
    return {
      project: this.#project,
      environment: this.#agent?.environment ?? {},
      logPath: join(this.#project, 'victim.log'),
      clock: this.#clock,
    }
  }

  get #storePath(): string {
    return join(this.#project, '.millrace/store.db')
  }
}
