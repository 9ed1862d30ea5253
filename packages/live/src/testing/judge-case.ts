/** Runs a case through a real store and the real runner, and compares with DuckDB after each step. */
import type { MillraceError } from '@millrace/base'
import { bindModels, type BoundModel } from '@millrace/sql'
import type { CaseQuery, LiveCase, LiveStep } from './live-case.ts'
import type { StateMemoryOptions } from '../spill/state-memory.ts'
import { Oracle } from './oracle.ts'
import { PublishedRelation, textOf } from './published-relation.ts'
import type { RunnerWorkers } from '../spread/shard-host.ts'
import { type RunningModels, ShopLog } from './shop-log.ts'
import { TableRows } from './table-rows.ts'

export interface Refusal {
  readonly sql: string
  /** What is refused: `a window function`. */
  readonly reason: string
}

export interface Difference {
  readonly sql: string
  /** From 0. */
  readonly step: number
  /** Rows that only one of the two has, as text. */
  readonly onlyLive: readonly string[]
  readonly onlyDuckdb: readonly string[]
  /** Where there are no rows to compare. */
  readonly problem?: string
}

export interface Verdict {
  readonly queries: number
  readonly refused: readonly Refusal[]
  /** Queries for which DuckDB has no answer at some step, or that it does not bind. */
  readonly unanswered: readonly Refusal[]
  readonly difference: Difference | null
}

export class Judge {
  readonly #oracle = new Oracle()
  readonly #workers: RunnerWorkers | null

  /** `workers`: where the models are computed; without them in this thread. */
  constructor(workers: RunnerWorkers | null = null) {
    this.#workers = workers
  }

  async judge(given: LiveCase): Promise<Verdict> {
    await this.#oracle.begin(given.tables)
    const unanswered: Refusal[] = []
    const queries: CaseQuery[] = []
    for (const query of given.queries) {
      const answer = await this.#oracle.answer(query.sql)
      if (answer.kind === 'error') unanswered.push({ sql: query.sql, reason: answer.problem })
      else {
        queries.push(query)
        await this.#oracle.define(query.name, query.sql)
      }
    }
    const { bound, errors } = await bindModels({ models: queries, streams: given.tables })
    const refused = errors.flatMap((error) => refusalOf(error, queries))
    const wrong = errors.find(({ code }) => code !== 'SQL_UNSUPPORTED' && !isReaderOfRefused(code))
    const difference =
      wrong === undefined
        ? bound.length === 0
          ? null
          : await this.#run(given, bound, unanswered)
        : { sql: String(wrong.details['model']), step: 0, onlyLive: [], onlyDuckdb: [], problem: wrong.message }
    return { queries: given.queries.length, refused, unanswered, difference }
  }

  close(): void {
    this.#oracle.close()
  }

  async #run(given: LiveCase, bound: readonly BoundModel[], unanswered: Refusal[]): Promise<Difference | null> {
    const log = await ShopLog.open(given.tables)
    log.workers = this.#workers
    const run = new CaseRun(log, given, bound, this.#oracle)
    try {
      for (const [at, step] of given.steps.entries()) {
        const difference = await run.step(step, at)
        if (difference !== null) return difference
      }
      return null
    } catch (error) {
      const problem = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return { sql: bound.map(({ sql }) => sql).join('; '), step: run.at, onlyLive: [], onlyDuckdb: [], problem }
    } finally {
      unanswered.push(...run.unanswered.values())
      await run.close()
    }
  }
}

/** A model whose input was refused is no fault of its own. */
function isReaderOfRefused(code: string): boolean {
  return code === 'SQL_BIND'
}

function refusalOf(error: MillraceError, queries: LiveCase['queries']): Refusal[] {
  if (error.code !== 'SQL_UNSUPPORTED') return []
  const sql = queries.find(({ name }) => name === error.details['model'])?.sql ?? ''
  return [{ sql, reason: String(error.details['construct'] ?? error.message) }]
}

class CaseRun {
  at = 0
  readonly unanswered = new Map<string, Refusal>()
  readonly #log: ShopLog
  readonly #bound: readonly BoundModel[]
  readonly #oracle: Oracle
  readonly #tables: TableRows
  readonly #published: ReadonlyMap<string, PublishedRelation>
  readonly #names: readonly string[]
  readonly #memory: StateMemoryOptions
  #running: RunningModels

  constructor(log: ShopLog, { tables, memory = {} }: LiveCase, bound: readonly BoundModel[], oracle: Oracle) {
    this.#log = log
    this.#memory = memory
    this.#bound = bound
    this.#oracle = oracle
    this.#tables = new TableRows(tables)
    this.#names = tables.map(({ name }) => name)
    this.#published = new Map(bound.map(({ name, schema }) => [name, new PublishedRelation(schema)]))
    this.#running = log.start(bound, [], memory)
  }

  async step({ transactions, runner }: LiveStep, at: number): Promise<Difference | null> {
    this.at = at
    if (runner === 'is killed before a commit') this.#running.doom('before')
    if (runner === 'is killed after a commit') this.#running.doom('after')
    let cut = 0
    for (const transaction of transactions) {
      this.#tables.commit(transaction)
      cut = await this.#log.push(transaction)
    }
    await this.#running.reach(cut)
    if (runner.startsWith('is killed')) await this.#die(cut)
    const touched = new Set(transactions.flat().map(({ stream }) => stream))
    for (const name of this.#names) if (touched.has(name)) await this.#oracle.setRows(name, [...this.#tables.rows(name)])
    for (const model of this.#bound) {
      const difference = await this.#compare(model, cut)
      if (difference !== null) return difference
    }
    if (runner === 'restarts') {
      await this.#running.stop()
      this.#running = this.#log.start(this.#bound, [], this.#memory)
    }
    return null
  }

  async close(): Promise<void> {
    await this.#running.kill().catch(() => undefined)
    await this.#log.close()
  }

  async #die(cut: number): Promise<void> {
    await this.#running.kill()
    await this.#log.reopen()
    this.#running = this.#log.start(this.#bound, [], this.#memory)
    await this.#running.reach(cut)
  }

  async #compare({ name, sql, schema }: BoundModel, cut: number): Promise<Difference | null> {
    const answer = await this.#oracle.answer(sql)
    if (answer.kind === 'error') {
      this.unanswered.set(name, { sql, reason: answer.problem })
      return null
    }
    if (this.#running.hasFailed(name)) {
      // It had no answer at some cut on the way here; from these rows it must have one.
      await this.#running.stop()
      this.#running = this.#log.start(this.#bound, [], this.#memory)
      await this.#running.reach(cut)
      const problem = this.#running.hasFailed(name)
      if (problem !== null) return { sql, step: this.at, onlyLive: [], onlyDuckdb: [], problem }
    }
    const published = this.#published.get(name) ?? new PublishedRelation(schema)
    const live = published.read(this.#log.reader, name).rows().map(textOf)
    const expected = answer.rows.map(textOf)
    const [onlyLive, onlyDuckdb] = [without(live, expected), without(expected, live)]
    return onlyLive.length + onlyDuckdb.length === 0 ? null : { sql, step: this.at, onlyLive, onlyDuckdb }
  }
}

/** Of multisets. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const other of others) counts.set(other, (counts.get(other) ?? 0) + 1)
  return rows.filter((row) => {
    const count = counts.get(row) ?? 0
    counts.set(row, count - 1)
    return count <= 0
  })
}
