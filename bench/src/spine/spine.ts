/**
 * The spine's speed. Each figure is taken by a process of its own that starts in front of a full
 * replication slot; the ceiling reads the same changes from the same server by a raw socket and throws
 * them away. Rounds alternate between the modes, so that a slow minute of the machine strikes all.
 */
import { seedShop, shopSchema, type ShopSize, ShopWorkload, type Postgres, startPostgres, startReceiver } from '@millrace/testing'
import { NODE_FLAGS } from 'millrace/node-flags'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { churn } from './churn.ts'
import type { LifeOrder, LifeResult } from './life.ts'
import { median } from './median.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const SIZE = { customers: 2000, products: 500, orders: 2000, seed: 1 } as const
const BACKLOG_SIZE = { customers: 2000, products: 500, orders: 20_000, seed: 1 } as const
/** Deliveries are slower by far than capture: they get this share of the changes. */
const DELIVERED_SHARE = 0.1

export interface SpineOptions {
  readonly rounds: number
  readonly changes: number
  readonly backlog: number
  readonly note: (line: string) => void
}

export interface SpineOutcome {
  readonly ceilingPerSecond: number
  readonly loggedPerSecond: number
  readonly livePerSecond: number
  readonly deliveredPerSecond: number
  readonly eventsPerSecond: number
  readonly loggedOfCeiling: number
  readonly liveOfCeiling: number
  readonly cpuSecondsPerMillionLogged: number
  readonly cpuSecondsPerMillionLive: number
  /** Memory with a backlog on a shop that stays as large as it is. */
  readonly backlogChanges: number
  readonly backlogPeakMegabytes: number
  /** Memory where as many changes make the shop grow: the models' state grows with it. */
  readonly grownRows: number
  readonly grownPeakMegabytes: number
  readonly rounds: number
  readonly cores: number
}

const TIMED = ['ceiling', 'logged', 'live'] as const

export async function spineBench(options: SpineOptions): Promise<SpineOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const postgres = await startPostgres({ settings: { max_replication_slots: 64, max_wal_senders: 32, max_wal_size: '16GB' } })
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  process.env['TOTALS_SECRET'] = secret
  const receiver = await startReceiver({ secrets: [secret] })
  try {
    const bench = new Bench({ postgres, folder, receiverUrl: receiver.url, ...options })
    await bench.open()
    const timed = await bench.timed()
    const before = receiver.stats().first
    const delivered = await bench.delivered()
    const events = receiver.stats().first - before
    const backlog = await bench.backlogged('backlog')
    const grown = await bench.backlogged('grown')
    return outcomeOf({ timed, delivered, events, backlog, grown, rounds: options.rounds })
  } finally {
    await receiver.close()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Memory {
  readonly changes: number
  readonly rows: number
  readonly peakBytes: number
}

type Timed = Readonly<Record<(typeof TIMED)[number], LifeResult[]>>

interface BenchOptions extends SpineOptions {
  readonly postgres: Postgres
  readonly folder: string
  readonly receiverUrl: string
}

class Bench {
  readonly #options: BenchOptions
  #bursts = 0

  constructor(options: BenchOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    await this.#options.postgres.query(shopSchema)
  }

  /** A shop of the same size before each burst, so that no round works on more than the one before. */
  async #fill(size: ShopSize = SIZE): Promise<void> {
    const { postgres } = this.#options
    await postgres.query('truncate customers, products, prices, orders, order_items, shipments restart identity cascade')
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await seedShop(client, size).finally(() => client.end())
  }

  async timed(): Promise<Timed> {
    const { rounds, changes, note } = this.#options
    const results: Timed = { ceiling: [], logged: [], live: [] }
    for (let turn = 1; turn <= rounds; turn += 1) {
      await this.#fill()
      const prepared = new Map<string, LifeOrder>()
      for (const mode of TIMED) prepared.set(mode, await this.#prepare(mode, `r${turn}_${mode}`))
      const { made, position } = await this.#burst(changes)
      for (const mode of TIMED) {
        const order = prepared.get(mode)
        if (order === undefined) continue
        const result = await live({ ...order, expected: order.expected + made, untilPosition: position })
        results[mode].push(result)
        note(`round ${turn}/${rounds}  ${mode.padEnd(8)} ${Math.round(made / result.seconds)} changes/s`)
        await this.#drop(order)
      }
    }
    return results
  }

  async delivered(): Promise<LifeResult> {
    await this.#fill()
    const order = await this.#prepare('delivered', 'delivered')
    const { made, position } = await this.#burst(Math.round(this.#options.changes * DELIVERED_SHARE))
    const result = await live({ ...order, expected: order.expected + made, untilPosition: position })
    this.#options.note(`delivered ${Math.round(made / result.seconds)} changes/s`)
    await this.#drop(order)
    return result
  }

  /** The memory of a process that finds so many changes in its slot. */
  async backlogged(name: 'backlog' | 'grown'): Promise<Memory> {
    const { backlog, note } = this.#options
    await this.#fill(BACKLOG_SIZE)
    const order = await this.#prepare('backlog', name)
    const { made, position } = name === 'grown' ? await this.#burst(backlog) : await this.#churn(backlog)
    const { peakBytes } = await live({ ...order, expected: order.expected + made, untilPosition: position })
    const rows = (await this.#count()) - order.expected
    note(`${name}: ${made} changes, ${rows} more rows: ${Math.round(peakBytes / 1e6)} MB at most`)
    await this.#drop(order)
    return { changes: made, rows, peakBytes }
  }

  /** Takes the snapshot into a store of its own, so that the slot begins where the burst will. */
  async #prepare(mode: LifeOrder['mode'], project: string): Promise<LifeOrder> {
    const { postgres, folder, receiverUrl } = this.#options
    const order: LifeOrder = {
      mode,
      url: postgres.url,
      project,
      storePath: join(folder, `${project}.db`),
      expected: await this.#count(),
      untilPosition: '0/0',
      receiverUrl,
    }
    await live({ ...order, mode: mode === 'delivered' || mode === 'backlog' || mode === 'live' ? mode : 'prepare' })
    return order
  }

  async #burst(rows: number): Promise<{ made: number; position: string }> {
    const { postgres } = this.#options
    this.#bursts += 1
    const { changes: made } = await new ShopWorkload({ url: postgres.url, seed: this.#bursts }).burst(rows)
    const [row] = await postgres.query('select pg_current_wal_flush_lsn()::text as position')
    return { made, position: String(row?.['position']) }
  }

  async #churn(rows: number): Promise<{ made: number; position: string }> {
    const made = await churn(this.#options.postgres, rows)
    return { made, position: '0/0' }
  }

  async #count(): Promise<number> {
    let rows = 0
    for (const table of ['customers', 'products', 'prices', 'orders', 'order_items', 'shipments']) {
      const [row] = await this.#options.postgres.query(`select count(*) as rows from ${table}`)
      rows += Number(row?.['rows'])
    }
    return rows
  }

  async #drop(order: LifeOrder): Promise<void> {
    const name = `millrace_${order.project}_shop`
    await this.#options.postgres.query(
      `select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${name}' and not active`,
    )
    await this.#options.postgres.query(`drop publication if exists ${name}`)
    rmSync(order.storePath, { force: true })
  }
}

/** Runs one child to its end. What it says on stderr is ours to see. */
function live(order: LifeOrder): Promise<LifeResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...NODE_FLAGS, CHILD, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let result: LifeResult | null = null
    createInterface({ input: child.stdout }).on('line', (line) => {
      result = JSON.parse(line) as LifeResult
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (result === null) reject(new Error(`The bench's ${order.mode} ended with ${code} and no result.`))
      else resolve(result)
    })
  })
}

interface Parts {
  readonly timed: Timed
  readonly delivered: LifeResult
  readonly events: number
  readonly backlog: Memory
  readonly grown: Memory
  readonly rounds: number
}

function outcomeOf({ timed, delivered, events, backlog, grown, rounds }: Parts): SpineOutcome {
  const perSecond = (results: readonly LifeResult[]): number => Math.round(median(results.map(({ changes, seconds }) => changes / seconds)))
  const cpu = (results: readonly LifeResult[]): number =>
    round(median(results.map(({ changes, cpuSeconds }) => (cpuSeconds * 1e6) / changes)))
  const ceilingPerSecond = perSecond(timed.ceiling)
  const loggedPerSecond = perSecond(timed.logged)
  const livePerSecond = perSecond(timed.live)
  return {
    ceilingPerSecond,
    loggedPerSecond,
    livePerSecond,
    deliveredPerSecond: perSecond([delivered]),
    eventsPerSecond: Math.round(events / delivered.seconds),
    loggedOfCeiling: round(loggedPerSecond / ceilingPerSecond),
    liveOfCeiling: round(livePerSecond / ceilingPerSecond),
    cpuSecondsPerMillionLogged: cpu(timed.logged),
    cpuSecondsPerMillionLive: cpu(timed.live),
    backlogChanges: backlog.changes,
    backlogPeakMegabytes: Math.round(backlog.peakBytes / 1e6),
    grownRows: grown.rows,
    grownPeakMegabytes: Math.round(grown.peakBytes / 1e6),
    rounds,
    cores: cpus().length,
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
