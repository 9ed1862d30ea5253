/**
 * The test of internal consistency: money only moves, so that the total of all accounts is 0 at every
 * moment, and each transfer comes with its receipt in one transaction. An engine that publishes one input
 * before the other shows totals that no bank ever had.
 */
import { seededRandom } from '@millrace/base'
import type { StreamDefinition, Value } from '@millrace/core'
import { PublishedRelation, type RowChange, type RunningModels, ShopLog } from '@millrace/live/testing'
import { bindModels, type BoundModel } from '@millrace/sql'
import { fastFolder } from '../live/fast-folder.ts'

const TRANSACTION_MAX = 5000
const NOTE_EVERY = 500_000

export interface BankOptions {
  readonly transfers: number
  readonly accounts: number
  readonly seed: number
  readonly note: (line: string) => void
}

export interface BankOutcome {
  readonly transfers: number
  readonly publishedTotals: number
  readonly wrongTotals: number
  readonly publishedUnmatched: number
  readonly wrongUnmatched: number
  /** Each account's last balance is what a plain count of the transfers says. */
  readonly lastIsExact: boolean
  readonly transfersPerSecond: number
}

const MODELS = {
  credits: 'SELECT to_account AS account, sum(amount) AS credits FROM bank.transfers GROUP BY to_account',
  debits: 'SELECT from_account AS account, sum(amount) AS debits FROM bank.transfers GROUP BY from_account',
  balance: `SELECT coalesce(c.account, d.account) AS account, coalesce(c.credits, 0) - coalesce(d.debits, 0) AS balance
    FROM credits c FULL JOIN debits d ON c.account = d.account`,
  total: 'SELECT sum(balance) AS total FROM balance',
  unmatched: `SELECT count(*) AS transfers FROM bank.transfers t
    LEFT JOIN bank.receipts r ON r.transfer_id = t.id WHERE r.transfer_id IS NULL`,
} as const

const TRANSFERS = table('bank.transfers', ['id', 'from_account', 'to_account', 'amount'])
const RECEIPTS = table('bank.receipts', ['transfer_id'])

export async function bankTransfers({ transfers, accounts, seed, note }: BankOptions): Promise<BankOutcome> {
  process.env['TMPDIR'] = fastFolder()
  const random = seededRandom(seed)
  const streams = [TRANSFERS, RECEIPTS]
  const { bound } = await bindModels({ models: Object.entries(MODELS).map(([name, sql]) => ({ name, sql })), streams })
  const log = await ShopLog.open(streams)
  const running = log.start(bound)
  const watch = new BankWatch(log, bound)
  const balances = new Array<number>(accounts).fill(0)
  const startMs = performance.now()
  try {
    let cut = 0
    for (let id = 0; id < transfers;) {
      const changes: RowChange[] = []
      for (let left = Math.min(1 + random.below(TRANSACTION_MAX), transfers - id); left > 0; left -= 1, id += 1) {
        const [from, to] = [random.below(accounts), random.below(accounts)]
        balances[from] = (balances[from] as number) - 1
        balances[to] = (balances[to] as number) + 1
        changes.push({ stream: TRANSFERS.name, operation: 'insert', row: [id, from, to, 1] })
        changes.push({ stream: RECEIPTS.name, operation: 'insert', row: [id] })
      }
      cut = await log.push(changes)
      await throttled(running, cut)
      watch.look()
      if (Math.floor(id / NOTE_EVERY) > Math.floor((id - changes.length / 2) / NOTE_EVERY)) note(`${id} transfers`)
    }
    await running.reach(cut)
    watch.look()
    const seconds = (performance.now() - startMs) / 1000
    const lastIsExact = isExact(watch.balances(), balances)
    return { transfers, ...watch.counts, lastIsExact, transfersPerSecond: Math.round(transfers / seconds) }
  } finally {
    await running.stop()
    await log.close()
  }
}

/** An account that nobody used has no row. */
function isExact(rows: readonly (readonly Value[])[], expected: readonly number[]): boolean {
  const told = new Map(rows.map(([account, balance]) => [Number(account), Number(balance)]))
  return expected.every((balance, account) => (told.get(account) ?? 0) === balance)
}

/** The models stay near the log, so that they publish often; how far behind they are is left to them. */
async function throttled(running: RunningModels, cut: number): Promise<void> {
  const CUTS_BEHIND_MAX = 20
  await running.reach(cut - CUTS_BEHIND_MAX)
}

/** Looks at every state that the models' streams ever told. */
class BankWatch {
  readonly counts = { publishedTotals: 0, wrongTotals: 0, publishedUnmatched: 0, wrongUnmatched: 0 }
  readonly #log: ShopLog
  readonly #relations: ReadonlyMap<string, PublishedRelation>

  constructor(log: ShopLog, bound: readonly BoundModel[]) {
    this.#log = log
    this.#relations = new Map(bound.map(({ name, schema }) => [name, new PublishedRelation(schema)]))
  }

  look(): void {
    this.#read('total', (value) => {
      this.counts.publishedTotals += 1
      // Before the first transfer there is nothing to sum.
      if (value !== 0 && value !== null) this.counts.wrongTotals += 1
    })
    this.#relation('balance').read(this.#log.reader, 'balance', (_cut, rows) => {
      const sum = rows.reduce((total, row) => total + Number(row[1]), 0)
      this.counts.publishedTotals += 1
      if (sum !== 0) this.counts.wrongTotals += 1
    })
    this.#read('unmatched', (value) => {
      this.counts.publishedUnmatched += 1
      if (value !== 0) this.counts.wrongUnmatched += 1
    })
  }

  balances(): readonly (readonly Value[])[] {
    return this.#relation('balance').read(this.#log.reader, 'balance').rows()
  }

  #read(model: string, seen: (value: Value) => void): void {
    this.#relation(model).read(this.#log.reader, model, (_cut, rows) => {
      for (const row of rows) seen(row[0] as Value)
    })
  }

  #relation(model: string): PublishedRelation {
    return this.#relations.get(model) as PublishedRelation
  }
}

function table(name: string, names: readonly string[]): StreamDefinition {
  const columns = names.map((column) => ({ name: column, type: { kind: 'int64' } as const, nullable: false }))
  return { name, kind: 'table', partitions: 1, schema: { columns, key: [0] } }
}
