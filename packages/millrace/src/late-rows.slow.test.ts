/** Windows over events that come late: law 3 over the changes that were not late, and the late ones kept aside. */
import { type Random, seededRandom } from '@millrace/base'
import { lateStream, lateStreamOf, type StreamDefinition, type Value, type Watermark } from '@millrace/core'
import { LateStage } from '@millrace/live'
import { type RowChange, type RunningModels, ShopLog } from '@millrace/live/testing'
import { proveModel } from '@millrace/prove'
import { bindModels, type BoundModel } from '@millrace/sql'
import { expect, test, vi } from 'vitest'

const SECOND = 1_000_000
const START = 1_700_000_000 * SECOND
const WATERMARK: Watermark = { column: 'seen', latenessSeconds: 20 }

const MODELS = {
  tumbling: `SELECT time_bucket(INTERVAL 10 SECOND, seen) AS w, k, count(*) AS n, sum(v) AS v FROM web.events GROUP BY ALL`,
  hopping: `SELECT w, count(*) AS n FROM (
    SELECT unnest(generate_series(time_bucket(INTERVAL 5 SECOND, seen) - INTERVAL 10 SECOND, time_bucket(INTERVAL 5 SECOND, seen),
      INTERVAL 5 SECOND)) AS w FROM web.events) GROUP BY w`,
  session: `SELECT k, min(seen) AS first, max(seen) AS last, count(*) AS n FROM (
    SELECT *, count(*) FILTER (starts) OVER (PARTITION BY k ORDER BY seen RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS session
    FROM (SELECT k, seen, seen - lag(seen) OVER (PARTITION BY k ORDER BY seen) > INTERVAL 7 SECOND AS starts FROM web.events))
    GROUP BY k, session`,
  above: 'SELECT w, sum(n) AS n FROM tumbling GROUP BY w',
}

function eventsOf(key: readonly number[]): StreamDefinition {
  const columns = [
    { name: 'id', type: { kind: 'int64' }, nullable: false },
    { name: 'seen', type: { kind: 'timestamp' }, nullable: true },
    { name: 'k', type: { kind: 'int64' }, nullable: true },
    { name: 'v', type: { kind: 'int64' }, nullable: true },
  ] as const
  return { name: 'web.events', kind: 'table', partitions: 1, schema: { columns, key } }
}

/** Changes around a clock that goes on, some far behind it, with what of them is late as its definition says. */
class LateHistory {
  /** Rows that must be in the stream of late ones. */
  late = 0
  readonly #random: Random
  readonly #isKeyed: boolean
  #clock = 0
  #newest = -Infinity
  #next = 1
  #rows: (readonly Value[])[] = []

  constructor(random: Random, isKeyed: boolean) {
    this.#random = random
    this.#isKeyed = isKeyed
  }

  transaction(): readonly RowChange[] {
    this.#clock += this.#random.below(8)
    if (this.#random.below(12) === 0) {
      this.#rows = []
      this.#newest = -Infinity
      return [{ stream: 'web.events', operation: 'truncate', row: [undefined, undefined, undefined, undefined] }]
    }
    const bound = this.#newest - WATERMARK.latenessSeconds * SECOND
    const changes = Array.from({ length: 1 + this.#random.below(5) }, () => this.#change(bound))
    for (const { row } of changes) this.#newest = Math.max(this.#newest, timeOf(row) ?? -Infinity)
    return changes
  }

  #change(bound: number): RowChange {
    const isLate = (row: readonly (Value | undefined)[]): boolean => (timeOf(row) ?? Infinity) < bound
    const choice = this.#random.below(10)
    const at = this.#random.below(Math.max(1, this.#rows.length))
    const known = this.#rows[at]
    if (known === undefined || choice < 7) {
      const row = this.#row(this.#next)
      this.#next += 1
      if (isLate(row)) this.late += 1
      this.#rows.push(row)
      return { stream: 'web.events', operation: 'insert', row }
    }
    if (choice === 7) {
      const after = this.#row(this.#isKeyed ? Number(known[0]) : this.#next)
      this.#next += 1
      if (isLate(after) || isLate(known)) this.late += 1
      this.#rows[at] = after
      return { stream: 'web.events', operation: 'update', row: after, before: known }
    }
    if (isLate(known)) this.late += 1
    this.#rows.splice(at, 1)
    return { stream: 'web.events', operation: 'delete', row: known }
  }

  #row(id: number): readonly Value[] {
    const back = this.#random.below(4) === 0 ? this.#random.below(60) : this.#random.below(10)
    const at = this.#random.below(15) === 0 ? null : START + (this.#clock - back) * SECOND
    return [id, at, this.#random.below(3), this.#random.below(100)]
  }
}

function timeOf(row: readonly (Value | undefined)[]): number | null {
  return typeof row[1] === 'number' ? row[1] : null
}

class LateWork {
  readonly models: RunningModels
  readonly stage: LateStage
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(log: ShopLog, bound: readonly BoundModel[], watermark: Watermark) {
    this.models = log.start(bound)
    this.stage = new LateStage({ stream: 'web.events', watermark, writer: log.store, reader: log.store.reader(), signal: log.store })
    this.#done = this.stage.run(this.#stop.signal)
  }

  get lateRows(): number {
    return Number(this.stage.observe()[0]?.evidence['lateRows'])
  }

  async reach(cut: number): Promise<void> {
    await this.models.reach(cut)
    await vi.waitUntil(() => Number(this.stage.observe()[0]?.evidence['cut']) >= cut, { timeout: 60_000, interval: 1 })
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
    await this.models.stop()
  }
}

async function boundTo(stream: StreamDefinition, watermark: Watermark): Promise<readonly BoundModel[]> {
  const models = Object.entries(MODELS).map(([name, sql]) => ({ name, sql }))
  const result = await bindModels({ models, streams: [{ ...stream, watermark }] })
  expect(result.errors).toEqual([])
  return result.bound
}

function lateRowsIn(log: ShopLog): number {
  let rows = 0
  for (const stored of log.reader.read(lateStreamOf('web.events'))) {
    const { operations } = stored.batch()
    rows = operations.includes(3) ? 0 : rows + stored.count
  }
  return rows
}

test.for([
  { kind: 'a stream with a key', key: [0], seed: 1 },
  { kind: 'a stream without a key', key: [], seed: 2 },
])('law 3: models over $kind equal batch over the changes that were not late; each late one is kept', async ({ key, seed }) => {
  const stream = eventsOf(key)
  const log = await ShopLog.open([stream, lateStream(stream)])
  const history = new LateHistory(seededRandom(seed), key.length > 0)
  const models = await boundTo(stream, WATERMARK)
  let work = new LateWork(log, models, WATERMARK)
  try {
    for (let step = 0; step < 18; step += 1) {
      let cut = 0
      for (let commits = 0; commits < 3; commits += 1) cut = await log.push(history.transaction())
      await work.reach(cut)
      if (step % 8 === 7) {
        await work.stop()
        if (step % 16 === 15) await log.reopen()
        work = new LateWork(log, models, WATERMARK)
        await work.reach(cut)
      }
      if (step % 4 !== 3) continue
      for (const model of Object.keys(MODELS)) {
        const proof = await proveModel({ reader: log.reader, models, model })
        expect({ step, model, verdict: proof.verdict, differences: proof.differences }).toMatchObject({ verdict: 'equal' })
      }
    }
    expect(history.late).toBeGreaterThan(10)
    expect({ counted: work.lateRows, kept: lateRowsIn(log) }).toEqual({ counted: history.late, kept: history.late })
    await work.stop()

    const wider = { ...WATERMARK, latenessSeconds: 3600 }
    const edited = await boundTo(stream, wider)
    work = new LateWork(log, edited, wider)
    await work.reach(log.reader.cut())
    const proof = await proveModel({ reader: log.reader, models: edited, model: 'tumbling' })
    expect(proof.verdict).toBe('equal')
    expect(lateRowsIn(log)).toBe(0)
    expect(proof.rows.batch).toBeGreaterThan(0)
  } finally {
    await work.stop()
    await log.close()
  }
})
