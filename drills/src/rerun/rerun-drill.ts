/**
 * A known incident: a nightly run is killed, and the numbers of two nights stand side by side, or its
 * repetition counts rows twice. Here each night is a new seed, and each night's run is killed once; what
 * it left is looked at, it is run again, and every row is compared with what no engine computed.
 */
import { assert, type CrashPoint, type Random, seededRandom } from '@millrace/base'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call } from './rerun-process.ts'
import { expectedRows, keptAs, makeModels, type ModelParts, rowsNow, writeProject, writeSeed } from './rerun-project.ts'

const POINTS: readonly CrashPoint[] = ['graph.before-version', 'graph.after-version', 'graph.before-publish', 'graph.after-publish']
/** Nights on which a random kill may come too late. */
const LATE_NIGHTS_MAX = 10

export interface RerunOptions {
  readonly kills: number
  readonly models: number
  readonly seed: number
  readonly keep: boolean
  readonly note: (line: string) => void
}

export interface RerunOutcome {
  readonly kills: number
  /** Runs that really ended by SIGKILL, and how many of them at a named point. */
  readonly killed: number
  readonly atPoints: number
  readonly duplicated: number
  readonly lost: number
  readonly wrong: number
  /** How often an environment showed rows of two nights, or of one that was not finished. */
  readonly halfVisible: number
  /** Models that a run computed though the killed one had finished them, and those that it took over. */
  readonly repeatedModels: number
  readonly resumedModels: number
}

export async function rerunDrill(options: RerunOptions): Promise<RerunOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rerun-'))
  try {
    return await new Drill(folder, options).run()
  } finally {
    if (options.keep) options.note(`kept: ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

interface Death {
  /** So many versions at least were finished before it. */
  readonly finished: number
  readonly atPoint: boolean
  readonly isPublished: boolean
}

class Drill {
  readonly #folder: string
  readonly #options: RerunOptions
  readonly #random: Random
  readonly #models: readonly ModelParts[]
  readonly #outcome = { killed: 0, atPoints: 0, duplicated: 0, lost: 0, wrong: 0, halfVisible: 0, repeatedModels: 0, resumedModels: 0 }
  #night = 0

  constructor(folder: string, options: RerunOptions) {
    this.#folder = folder
    this.#options = options
    this.#random = seededRandom(options.seed)
    this.#models = makeModels(options.models, this.#random)
  }

  async run(): Promise<RerunOutcome> {
    const { kills, note } = this.#options
    writeProject(this.#folder, this.#models)
    writeSeed(this.#folder, this.#night)
    const begunMs = performance.now()
    await this.#run()
    const usualMs = performance.now() - begunMs
    for (let kill = 1; kill <= kills; kill += 1) {
      const death = await this.#nightWithKill(kill, usualMs)
      this.#outcome.killed += 1
      this.#outcome.atPoints += death.atPoint ? 1 : 0
      await this.#look(death.isPublished ? [this.#night] : [this.#night - 1, this.#night])
      await this.#goOn(death)
      await this.#look([this.#night])
      await this.#compare()
      note(`kill ${kill} of ${kills}: ${JSON.stringify(this.#outcome)}`)
    }
    return { kills, ...this.#outcome }
  }

  /** Every second kill is at a named point, the others at any moment; a night that it comes too late for is followed by another. */
  async #nightWithKill(kill: number, usualMs: number): Promise<Death> {
    for (let attempt = 0; attempt < LATE_NIGHTS_MAX; attempt += 1) {
      this.#night += 1
      writeSeed(this.#folder, this.#night)
      const death = kill % 2 === 0 ? await this.#dieAtPoint(kill) : await this.#dieAtRandom(usualMs * 0.85 ** attempt)
      if (death !== null) return death
    }
    assert(false, 'a kill meets a run at work')
  }

  async #dieAtPoint(kill: number): Promise<Death | null> {
    const point = POINTS[(kill / 2) % POINTS.length] as CrashPoint
    const visit = point.endsWith('version') ? 1 + this.#random.below(this.#models.length) : 1
    const { isKilled } = await call({ folder: this.#folder, words: ['run'], crashAt: `${point}:${visit}` })
    if (!isKilled) return null
    const whole = this.#models.length + 1
    const finished = point === 'graph.before-version' ? visit - 1 : point === 'graph.after-version' ? visit : whole
    return { finished, atPoint: true, isPublished: point === 'graph.after-publish' }
  }

  async #dieAtRandom(usualMs: number): Promise<Death | null> {
    const killAfterMs = usualMs * (0.3 + this.#random.below(700) / 1000)
    const { isKilled } = await call({ folder: this.#folder, words: ['run'], killAfterMs })
    return isKilled ? { finished: 0, atPoint: false, isPublished: false } : null
  }

  /** Runs again: exactly what the killed run had not finished. */
  async #goOn({ finished, isPublished }: Death): Promise<void> {
    const whole = this.#models.length + 1
    const planned = (await this.#json<{ batch: { compute: unknown[] } }>(['plan'])).batch.compute.length
    const computed = await this.#run()
    const least = isPublished ? whole : finished
    this.#outcome.repeatedModels += Math.max(0, planned - (whole - least)) + Math.abs(computed - planned)
    this.#outcome.resumedModels += whole - computed
  }

  async #look(nights: readonly number[]): Promise<void> {
    const parts = this.#models.map((_, at) => `select min(generation) as low, max(generation) as high from ${rowsNow(at)}`)
    const [row] = await this.#query(`select min(low) as low, max(high) as high from (${parts.join(' union all ')})`)
    const isWhole = row?.['low'] === row?.['high'] && nights.includes(Number(row?.['low']))
    if (!isWhole) this.#outcome.halfVisible += 1
  }

  async #compare(): Promise<void> {
    const expected = expectedRows(this.#models, this.#night)
    const parts = this.#models.map((_, at) => `select ${at} as model, id, value::bigint as value from ${rowsNow(at)}`)
    const seen = new Set<string>()
    for (const row of await this.#query(parts.join(' union all '))) {
      const identity = `${String(row['model'])} ${String(row['id'])}`
      if (seen.has(identity)) this.#outcome.duplicated += 1
      seen.add(identity)
      if (expected[Number(row['model'])]?.get(Number(row['id'])) !== Number(row['value'])) this.#outcome.wrong += 1
    }
    for (const [model, rows] of expected.entries()) for (const id of rows.keys()) if (!seen.has(`${model} ${id}`)) this.#outcome.lost += 1
    await this.#compareHistories(expected)
  }

  /** Each night changed every row, so that a history has each row once for each night, and each was so until the next. */
  async #compareHistories(expected: readonly ReadonlyMap<number, number>[]): Promise<void> {
    const histories = expected.flatMap((rows, at) => (keptAs(at) === 'history' ? [{ at, rows }] : []))
    if (histories.length === 0) return
    const parts = histories.map(({ at }) => `select ${at} as model, * from m${at}`)
    const [row] = await this.#query(`with rows as (${parts.join(' union all by name ')}),
      next as (select *, lead(valid_from) over (partition by model, id order by generation) as until from rows)
      select count(*)::integer as rows, count(distinct (model, id, generation))::integer as different,
        (count(*) filter (valid_to is distinct from until))::integer as torn from next`)
    const [rows, different] = [Number(row?.['rows']), Number(row?.['different'])]
    const all = histories.reduce((sum, history) => sum + history.rows.size, 0) * (this.#night + 1)
    this.#outcome.duplicated += rows - different
    this.#outcome.lost += Math.max(0, all - different)
    this.#outcome.wrong += Number(row?.['torn']) + Math.max(0, different - all)
  }

  /** How many models were computed. */
  async #run(): Promise<number> {
    const told = await this.#json<{ ok: boolean; computed: number }>(['run'])
    assert(told.ok, 'a run that nobody kills ends well')
    return told.computed
  }

  async #json<Told>(words: readonly string[]): Promise<Told> {
    const { output, code } = await call({ folder: this.#folder, words })
    assert(code === 0, `millrace ${words[0]} ends well: ${output}`)
    return JSON.parse(output.trim().split('\n').at(-1) ?? '{}') as Told
  }

  async #query(sql: string): Promise<Record<string, unknown>[]> {
    const { output, code } = await call({ folder: this.#folder, words: ['query', sql, '--env', 'prod', '--limit', '1000000'] })
    assert(code === 0, `what is shown can be read: ${output}`)
    return output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  }
}
