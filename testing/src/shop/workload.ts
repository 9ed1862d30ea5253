/**
 * A busy shop. Several connections carry out actions drawn from one seed, at a steady rate, until they
 * are told to stop. What was committed is counted exactly, so that whoever reads the log can be held to
 * it; the one exception is a connection that breaks between COMMIT and its answer (`uncertain`).
 */
import { backoffMs, type Clock, type Random, seededRandom, systemClock } from '@millrace/base'
import pg from 'pg'
import { drawAction, type Outcome, type ShopBounds } from './actions.ts'
import { burst, type BurstResult } from './burst.ts'

export interface ShopWorkloadOptions {
  readonly url: string
  readonly seed?: number
  /** Row changes committed per second, over all connections; default 100. */
  readonly ratePerSecond?: number
  readonly connections?: number
  readonly clock?: Clock
}

export interface ShopWorkloadStats {
  /** Committed transactions that changed something. */
  readonly transactions: number
  /** Row changes in them: what a reader of the log must see. */
  readonly changes: number
  readonly rolledBack: number
  /** Transactions that the server refused, for a deadlock or a row that another one took. */
  readonly conflicts: number
  /** Times that a connection was lost. */
  readonly disconnects: number
  /** Of these, in the middle of a COMMIT: nobody can say whether it happened. */
  readonly uncertain: number
  /** Committed transactions by action. */
  readonly actions: Readonly<Record<string, number>>
}

const CONNECTIONS_DEFAULT = 4
const RATE_PER_SECOND_DEFAULT = 100
/** After so many lost connections in a row the server is taken for gone. */
const DISCONNECTS_IN_A_ROW_LIMIT = 100
/** Codes by which the server refuses one transaction and stays well. */
const CONFLICT_CODES: ReadonlySet<string> = new Set(['40001', '40P01', '23503', '23505'])

export class ShopWorkload {
  readonly #url: string
  readonly #seed: number
  readonly #ratePerSecond: number
  readonly #connections: number
  readonly #clock: Clock
  #actionCount = 0
  #bursts = 0
  #transactions = 0
  #changes = 0
  #rolledBack = 0
  #conflicts = 0
  #disconnects = 0
  #disconnectsInARow = 0
  #uncertain = 0
  #bounds: ShopBounds | null = null
  readonly #actions = new Map<string, number>()

  constructor(options: ShopWorkloadOptions) {
    this.#url = options.url
    this.#seed = options.seed ?? 1
    this.#ratePerSecond = options.ratePerSecond ?? RATE_PER_SECOND_DEFAULT
    this.#connections = options.connections ?? CONNECTIONS_DEFAULT
    this.#clock = options.clock ?? systemClock
  }

  stats(): ShopWorkloadStats {
    return {
      transactions: this.#transactions,
      changes: this.#changes,
      rolledBack: this.#rolledBack,
      conflicts: this.#conflicts,
      disconnects: this.#disconnects,
      uncertain: this.#uncertain,
      actions: Object.fromEntries(this.#actions),
    }
  }

  /** Resolves when the signal has aborted and every begun transaction has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const pace = { startedMs: this.#clock.monotonicMs(), changesBefore: this.#changes }
    await Promise.all(Array.from({ length: this.#connections }, () => this.#worker(pace, signal)))
  }

  /** Makes exactly `rows` changes as fast as the server can. */
  async burst(rows: number): Promise<BurstResult> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'shop burst' })
    await client.connect()
    try {
      const bounds = await this.#boundsFrom(client)
      this.#bursts += 1
      const result = await burst(client, { rows, bounds, random: seededRandom(this.#seed * 31 + this.#bursts) })
      this.#transactions += result.transactions
      this.#changes += result.changes
      return result
    } finally {
      await client.end()
    }
  }

  async #worker(pace: { startedMs: number; changesBefore: number }, signal: AbortSignal): Promise<void> {
    let client: pg.Client | null = null
    try {
      while (!signal.aborted) {
        const aheadMs = this.#aheadMs(pace)
        if (aheadMs > 0) await this.#clock.sleep(aheadMs, signal)
        try {
          client ??= await this.#connect()
          await this.#act(client)
          this.#disconnectsInARow = 0
        } catch (error) {
          if (!isDisconnect(error)) throw error
          await client?.end().catch(() => undefined)
          client = null
          await this.#waitAfterDisconnect(error, signal)
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await client?.end().catch(() => undefined)
    }
  }

  /** How long the workload must wait, to have made no more changes than its rate allows. */
  #aheadMs({ startedMs, changesBefore }: { startedMs: number; changesBefore: number }): number {
    const dueMs = ((this.#changes - changesBefore) / this.#ratePerSecond) * 1000
    return startedMs + dueMs - this.#clock.monotonicMs()
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'shop' })
    // Without a listener, a connection that breaks while it is idle would end the process.
    client.on('error', () => undefined)
    await client.connect()
    await this.#boundsFrom(client)
    return client
  }

  async #act(client: pg.Client): Promise<void> {
    this.#actionCount += 1
    const random = seededRandom(this.#seed * 1_000_003 + this.#actionCount)
    const action = drawAction(random)
    const bounds = await this.#boundsFrom(client)
    try {
      await client.query('begin')
      const outcome = await action.run({ client, random, bounds })
      await this.#end(client, action.name, outcome)
    } catch (error) {
      if (!CONFLICT_CODES.has(codeOf(error))) throw error
      await client.query('rollback')
      this.#conflicts += 1
    }
  }

  async #end(client: pg.Client, name: string, outcome: Outcome): Promise<void> {
    if (outcome === 'roll-back' || outcome === 0) {
      await client.query('rollback')
      if (outcome === 'roll-back') this.#rolledBack += 1
      return
    }
    try {
      await client.query('commit')
    } catch (error) {
      if (isDisconnect(error)) this.#uncertain += 1
      throw error
    }
    this.#transactions += 1
    this.#changes += outcome
    this.#actions.set(name, (this.#actions.get(name) ?? 0) + 1)
  }

  async #boundsFrom(client: pg.Client): Promise<ShopBounds> {
    if (this.#bounds !== null) return this.#bounds
    const { rows } = await client.query<{ customers: number; products: number }>(
      'select (select max(id) from customers)::int as customers, (select max(id) from products)::int as products',
    )
    this.#bounds = { customersMax: rows[0]?.customers ?? 0, productsMax: rows[0]?.products ?? 0 }
    return this.#bounds
  }

  async #waitAfterDisconnect(error: unknown, signal: AbortSignal): Promise<void> {
    this.#disconnects += 1
    this.#disconnectsInARow += 1
    if (this.#disconnectsInARow > DISCONNECTS_IN_A_ROW_LIMIT) throw error
    const random: Random = seededRandom(this.#disconnects)
    const delayMs = backoffMs(random, { attempt: Math.min(this.#disconnectsInARow, 8), baseMs: 50, limitMs: 2000, jitter: 0.3 })
    await this.#clock.sleep(delayMs, signal)
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/** The server is away or is shutting down, as against an answer to one statement. */
function isDisconnect(error: unknown): boolean {
  const code = codeOf(error)
  if (code !== '') return code.startsWith('E') || code.startsWith('08') || code.startsWith('57P')
  return error instanceof Error && /connection|timeout/i.test(error.message)
}
