import { setTimeout as sleep } from 'node:timers/promises'
import { pick, type Random, seededRandom } from '@millrace/base'
import { type LogWriter, type Value, valueToText } from '@millrace/core'
import type { Store } from '@millrace/store'
import { type Postgres, startPostgres } from '@millrace/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Rig } from '../fixtures/rig.ts'

let postgres: Postgres
beforeAll(async () => (postgres = await startPostgres({ settings: { max_replication_slots: 30, max_wal_senders: 30, autovacuum: 'off' } })))
afterAll(() => postgres.stop())

const ACCOUNTS = 900
const TOTAL = ACCOUNTS * 100
const KILLS = 5
const SEEDS = (process.env['FILL_SEEDS'] ?? '1,2,3').split(',').map(Number)

/** Accounts whose amounts always add up; papers whose text lies apart from the row; words that no key tells apart. */
const TABLES = `
  create table account (id int primary key, amount int not null, memo text);
  alter table account alter memo set storage external;
  insert into account select g, 100, md5(g::text) || repeat('m', 2100) from generate_series(1, ${ACCOUNTS}) g;
  create table paper (shelf text collate "C", number int, body text, reads int default 0, primary key (shelf, number));
  alter table paper alter body set storage external;
  insert into paper select 's' || (g % 5), g, repeat(md5(g::text), 90), 0 from generate_series(1, 1500) g;
  create table word (text text); alter table word replica identity full;
  insert into word select 'w' || (g % 50) from generate_series(1, 3000) g`

test.each(SEEDS)(
  'laws 1, 3 and 5: whatever is written and killed while tables are filled, each cut is a state that was (seed %i)',
  async (seed) => {
    const random = seededRandom(seed)
    const fuse = { left: Infinity }
    const rig = await Rig.open(postgres, TABLES, {
      chunkBlocks: 1,
      // So that rows of several snapshots meet.
      resumeChunksMin: 1,
      partitions: 1,
      writer: (store) => fused(store, fuse),
      config: { snapshot: { connections: 2, rowsPerSecondMax: 5000 } },
    })
    const load = new Load(rig.url, seed)
    try {
      await load.start()
      for (let kill = 0; kill < KILLS; kill += 1) {
        fuse.left = Infinity
        rig.begin()
        if (kill === 2)
          await rig.sql(
            `create table late (id int primary key, note text); insert into late select g, repeat('l', 300) from generate_series(1, 2000) g`,
          )
        await sleep(random.below(150))
        fuse.left = 20 + random.below(120)
        await sleep(300 + random.below(1200))
        if (kill === 3 && rig.observation.phase === 'running')
          await rig.capture?.backfill({ stream: 'shop.paper', where: null }).catch(() => undefined)
        await rig.stop()
        if (kill === KILLS - 2) await loseSlot(rig)
      }
      fuse.left = Infinity
      rig.begin()
      await rig.until(() => rig.observation.phase === 'running')
      await rig.until(() => rig.reader.streams().some(({ name }) => name === 'shop.late') && rig.observation.evidence['fillTables'] === 0)
      await rig.capture?.backfill({ stream: 'shop.paper', where: seed % 2 === 0 ? null : 'number % 3 = 0' })
      await rig.until(() => rig.capture?.fillOf('shop.paper')?.ended === true)
      await load.stop()
      await rig.sql(`insert into account values (99999999, 0, 'end'); insert into late values (-1, 'end'); insert into word values ('end')`)
      await rig.until(() =>
        ['account', 'late', 'word'].every((table) => rig.changes(`shop.${table}`).some(({ after }) => after.includes('end'))),
      )
      for (const table of ['account', 'paper', 'word', 'late'])
        expect([table, ...differences(folded(rig, table).rows, await truth(rig, table))]).toEqual([table])
      expect(folded(rig, 'account').sums.filter((sum) => sum !== TOTAL)).toEqual([])
      for (const table of ['account', 'paper', 'word', 'late']) expectGrowing(rig, table)
    } finally {
      await load.stop()
      await rig.close()
    }
  },
  180_000,
)

/** Refuses all commits once so many were made: what a kill leaves, without a process. */
function fused(store: Store, fuse: { left: number }): LogWriter {
  return {
    commit: (set) => {
      fuse.left -= 1
      return fuse.left < 0 ? Promise.reject(new Error('killed')) : store.commit(set)
    },
  }
}

async function loseSlot(rig: Rig): Promise<void> {
  const slot = `from pg_replication_slots where slot_name = '${rig.slot}'`
  await rig.until(async () => (await rig.sql(`select 1 ${slot} and active`)).length === 0)
  await rig.sql(`select pg_drop_replication_slot(slot_name) ${slot}`)
}

interface Folded {
  readonly rows: string[]
  /** The accounts' sum after each cut that changed them. */
  readonly sums: number[]
}

/** As a reader folds: what is told last of a key holds; without a key, rows are counted. */
function folded(rig: Rig, table: string): Folded {
  const { schema } = rig.reader.stream(`shop.${table}`)
  const rows = new Map<string, { cells: (Value | undefined)[]; count: number; partition: number }>()
  const sums: number[] = []
  const textOf = (cells: readonly (Value | undefined)[]): string =>
    cells.map((cell, at) => (cell === null || cell === undefined ? '~' : short(valueToText(schema.columns[at]!.type, cell)))).join('|')
  const keyOf = (cells: readonly (Value | undefined)[]): string =>
    schema.key.length === 0 ? textOf(cells) : schema.key.map((at) => String(cells[at])).join('|')
  let cut = 0
  const endCut = (): void => {
    if (table === 'account' && cut > 0)
      sums.push(Array.from(rows.values(), ({ cells }) => Number(cells[1])).reduce((sum, amount) => sum + amount, 0))
  }
  for (const stored of rig.reader.read(`shop.${table}`)) {
    if (stored.cut !== cut) endCut()
    cut = stored.cut
    const batch = stored.batch()
    for (const { operation, after, before } of rig.changesOf(batch)) {
      if (operation === 'truncate') {
        for (const [key, row] of rows) if (row.partition === stored.partition) rows.delete(key)
        continue
      }
      const told = before !== null && schema.key.every((at) => before[at] !== undefined)
      const old = rows.get(keyOf(told ? before : after))
      if (schema.key.length === 0) {
        if (operation === 'update') add(rows, keyOf(before ?? []), { cells: [...(before ?? [])], by: -1, partition: stored.partition })
        add(rows, keyOf(after), { cells: [...after], by: operation === 'delete' ? -1 : 1, partition: stored.partition })
        continue
      }
      rows.delete(keyOf(told ? before : after))
      if (operation === 'delete') continue
      rows.set(keyOf(after), {
        cells: after.map((cell, at) => (cell === undefined ? old?.cells[at] : cell)),
        count: 1,
        partition: stored.partition,
      })
    }
  }
  endCut()
  return { rows: [...rows.values()].flatMap(({ cells, count }) => Array.from({ length: count }, () => textOf(cells))).sort(), sums }
}

function add(
  rows: Map<string, { cells: (Value | undefined)[]; count: number; partition: number }>,
  key: string,
  { cells, by, partition }: { cells: (Value | undefined)[]; by: number; partition: number },
): void {
  const count = (rows.get(key)?.count ?? 0) + by
  if (count === 0) rows.delete(key)
  else rows.set(key, { cells, count, partition })
}

async function truth(rig: Rig, table: string): Promise<string[]> {
  const columns = rig.reader.stream(`shop.${table}`).schema.columns.map(({ name }) => `coalesce(${name}::text, '~')`)
  const rows = await rig.sql(`select concat_ws('|', ${columns.join(', ')}) as row from ${table}`)
  return rows.map(({ row }) => String(row).split('|').map(short).join('|')).sort()
}

/** Long texts by their beginning and length, so that a difference can be read. */
function short(text: string): string {
  return text.length < 40 ? text : `${text.slice(0, 8)}…${text.length}`
}

function differences(log: readonly string[], source: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const row of log) counts.set(row, (counts.get(row) ?? 0) + 1)
  for (const row of source) counts.set(row, (counts.get(row) ?? 0) - 1)
  return [...counts].filter(([, count]) => count !== 0).map(([row, count]) => `${count > 0 ? 'too much' : 'missing'}: ${row}`)
}

/** Identities are unique, and transactions never decrease within a partition. */
function expectGrowing(rig: Rig, table: string): void {
  const seen = new Set<string>()
  const last = new Map<number, number>()
  for (const stored of rig.reader.read(`shop.${table}`)) {
    const { transactions, indexes, count } = stored.batch()
    for (let row = 0; row < count; row += 1) {
      const identity = `${stored.partition}/${transactions[row]}/${indexes[row]}`
      if (seen.has(identity)) throw new Error(`${table}: ${identity} comes twice`)
      seen.add(identity)
      if ((transactions[row] ?? 0) < (last.get(stored.partition) ?? 0)) throw new Error(`${table}: ${identity} comes after a later one`)
      last.set(stored.partition, transactions[row] ?? 0)
    }
  }
}

/** Transactions of random changes over two connections, until it is stopped. */
class Load {
  readonly #url: string
  readonly #seed: number
  #running: Promise<void>[] = []
  #isStopped = false

  constructor(url: string, seed: number) {
    this.#url = url
    this.#seed = seed
  }

  async start(): Promise<void> {
    for (let lane = 0; lane < 2; lane += 1) {
      const client = new pg.Client({ connectionString: this.#url })
      client.on('error', () => undefined)
      await client.connect()
      this.#running.push(this.#run(client, seededRandom(this.#seed * 100 + lane), lane))
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  async #run(client: pg.Client, random: Random, lane: number): Promise<void> {
    for (let round = 0; !this.#isStopped; round += 1) {
      try {
        await client.query('begin')
        for (let step = random.below(5); step >= 0; step -= 1)
          await client.query(change(random, lane, lane * 1_000_000 + round * 10 + step))
        await client.query(random.below(12) === 0 ? 'rollback' : 'commit')
      } catch {
        await client.query('rollback')
      }
      await sleep(random.below(4))
    }
    await client.end()
  }
}

function change(random: Random, lane: number, fresh: number): string {
  // Each connection has accounts of its own: else one that moves away in between would spoil the sum in the source itself.
  const [from, to] = [2 + lane + 2 * random.below(ACCOUNTS / 2 - 1), 2 + lane + 2 * random.below(ACCOUNTS / 2 - 1)]
  const paper = 1 + random.below(1500)
  return pick(random, [
    () =>
      `update account set amount = amount + (case id when ${from} then -7 else 7 end) where id in (${from}, ${to}) and ${from} <> ${to} and (select count(*) from account where id in (${from}, ${to})) = 2`,
    () =>
      `with gone as (delete from account where id = ${from} returning *) insert into account select ${10_000 + fresh}, amount, memo from gone`,
    () => `update account set id = -id where id = ${to}`,
    () => `update account set memo = repeat('n', ${2100 + random.below(300)}) where id = ${from}`,
    () => `update paper set reads = reads + 1 where number between ${paper} and ${paper + 3}`,
    () => `update paper set shelf = 't' || shelf where number = ${paper} and length(shelf) < 6`,
    () => `update paper set body = repeat(md5('${fresh}'), 80) where number = ${paper}`,
    () => `delete from paper where number = ${paper}`,
    () => `insert into paper values ('s1', ${100_000 + fresh}, repeat(md5('${fresh}'), 85), 1)`,
    () => `update word set text = text || 'x' where ctid = (select ctid from word limit 1 offset ${random.below(200)})`,
    () => `delete from word where ctid = (select ctid from word limit 1 offset ${random.below(200)})`,
    () => `insert into word select 'v' || ${fresh % 7} from generate_series(1, 3)`,
    () => (random.below(150) === 0 ? `truncate word` : `insert into word values ('u')`),
    () => (random.below(100) === 0 ? `vacuum full paper` : `update paper set reads = 0 where number = ${paper}`),
    () => (random.below(200) === 0 ? `truncate paper` : `select 1`),
  ])()
}
