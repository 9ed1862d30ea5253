import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PublishedRelation, textOf } from '@millrace/live/testing'
import { LiveRunner } from '@millrace/live'
import { bindModels, type BoundModel } from '@millrace/sql'
import { openStore, type Store } from '@millrace/store'
import { median } from '../spine/median.ts'
import { DuckdbCopy } from './duckdb-copy.ts'
import { type OrderRows, TpchGenerator } from './generator.ts'
import { RunningModel } from './running-model.ts'
import { TpchSource } from './source.ts'
import { TABLE_NAMES, TABLES } from './tables.ts'

const QUERIES = 22

export interface TpchOptions {
  readonly scale: number
  readonly rounds: number
  readonly only: string
  readonly seed: number
  readonly note: (line: string) => void
}

export interface TpchFigures {
  readonly query: number
  readonly refused?: string
  /** Medians: from the commit of a refresh to the published rows, by the clock and of the live thread. */
  readonly absorbMs?: number
  readonly absorbCpuMs?: number
  /** The whole query in DuckDB over the same rows. */
  readonly recomputeMs?: number
  readonly timesFaster?: number
  readonly rows?: number
  readonly stateRows?: number
  readonly sameAsDuckdb?: boolean
}

export interface TpchOutcome {
  readonly scale: number
  readonly refreshOrders: number
  readonly queries: readonly TpchFigures[]
  readonly live: number
  readonly wrong: readonly number[]
  readonly refused: readonly string[]
}

export async function tpchBench({ scale, rounds, only, seed, note }: TpchOptions): Promise<TpchOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tpch-'))
  const generator = new TpchGenerator(scale, seed)
  const { rows, orders } = generator.initial()
  const store = await openStore(join(folder, 'store.db'))
  const duckdb = await DuckdbCopy.open(rows)
  try {
    const bench = new Bench({ generator, orders: [...orders], store, duckdb, rounds })
    await bench.source.fill(rows)
    note(`${rows.orders.length} orders, ${rows.lineitem.length} lines; ${generator.refreshOrders} orders a refresh`)
    const numbers = only === '' ? Array.from({ length: QUERIES }, (_, at) => at + 1) : only.split(',').map(Number)
    const queries: TpchFigures[] = []
    for (const number of numbers) {
      const figures = await bench.query(number)
      queries.push(figures)
      note(lineOf(figures))
    }
    const wrong = queries.filter(({ sameAsDuckdb }) => sameAsDuckdb === false).map(({ query }) => query)
    const refused = queries.flatMap(({ query, refused: reason }) => (reason === undefined ? [] : [`${query}: ${reason}`]))
    return { scale, refreshOrders: generator.refreshOrders, queries, live: queries.length - refused.length, wrong, refused }
  } finally {
    duckdb.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface BenchParts {
  readonly generator: TpchGenerator
  /** Those that are there, the oldest first. */
  readonly orders: OrderRows[]
  readonly store: Store
  readonly duckdb: DuckdbCopy
  readonly rounds: number
}

class Bench {
  readonly source: TpchSource
  readonly #parts: BenchParts

  constructor(parts: BenchParts) {
    this.#parts = parts
    this.source = new TpchSource(parts.store)
  }

  async query(number: number): Promise<TpchFigures> {
    const name = `q${String(number).padStart(2, '0')}`
    const sql = readFileSync(new URL(`queries/${name}.sql`, import.meta.url), 'utf8')
    const { bound, errors } = await bindModels({ models: [{ name, sql }], streams: TABLE_NAMES.map((table) => TABLES[table]) })
    const [model] = bound
    if (model === undefined) return { query: number, refused: String(errors[0]?.details['construct'] ?? errors[0]?.message) }
    const { store } = this.#parts
    const running = new RunningModel(new LiveRunner({ models: [model], writer: store, reader: store.reader(), signal: store }))
    const reader = store.reader()
    try {
      await running.reach(reader.cut())
      const published = new PublishedRelation(model.schema)
      const live = (): string[] => published.read(reader, model.name).rows().map(textOf).sort()
      return { query: number, ...(await this.#refresh(model, running, live)), stateRows: running.stateRows }
    } finally {
      await running.stop()
      reader.close()
    }
  }

  async #refresh(model: BoundModel, running: RunningModel, live: () => readonly string[]): Promise<Omit<TpchFigures, 'query'>> {
    const [absorb, cpu, recompute]: [number[], number[], number[]] = [[], [], []]
    let { rows } = await this.#parts.duckdb.answer(model.sql)
    let same = live().join('\n') === rows.join('\n')
    for (let turn = 0; turn < this.#parts.rounds * 2; turn += 1) {
      const commit = await this.#change(turn % 2 === 0 ? 'insert' : 'delete')
      const took = await running.reach(await commit())
      absorb.push(took.ms)
      cpu.push(took.cpuMs)
      const answer = await this.#parts.duckdb.answer(model.sql)
      recompute.push(answer.ms)
      rows = answer.rows
      same &&= live().join('\n') === rows.join('\n')
    }
    const [absorbMs, recomputeMs] = [median(absorb), median(recompute)]
    return {
      absorbMs: tenths(absorbMs),
      absorbCpuMs: tenths(median(cpu)),
      recomputeMs: tenths(recomputeMs),
      timesFaster: tenths(recomputeMs / absorbMs),
      rows: rows.length,
      sameAsDuckdb: same,
    }
  }

  /** Changes DuckDB's copy, and returns what makes the same change in the log. */
  async #change(operation: 'insert' | 'delete'): Promise<() => Promise<number>> {
    const { generator, orders, duckdb } = this.#parts
    const count = generator.refreshOrders
    const changed = operation === 'insert' ? Array.from({ length: count }, () => generator.order()) : orders.splice(0, count)
    if (operation === 'insert') {
      orders.push(...changed)
      await duckdb.insert(changed)
    } else await duckdb.delete(changed)
    return () => this.source.refresh(operation, changed)
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

function lineOf({ query, refused, absorbMs, absorbCpuMs, recomputeMs, timesFaster, rows, sameAsDuckdb }: TpchFigures): string {
  const name = `q${query}`.padEnd(4)
  if (refused !== undefined) return `${name} is refused: ${refused}`
  const verdict = sameAsDuckdb === true ? '' : '  WRONG'
  return `${name} absorbed in ${absorbMs} ms (${absorbCpuMs} of the thread), anew in ${recomputeMs} ms: ${timesFaster} x, ${rows} rows${verdict}`
}

export function tpchText({ scale, live, queries }: TpchOutcome): string {
  return [`scale ${scale}: ${live} of ${queries.length} queries are live`, ...queries.map(lineOf)].join('\n')
}
