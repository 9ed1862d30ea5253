import { setTimeout as sleep } from 'node:timers/promises'
import { BatchBuilder, type LogWriter } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Rig } from '../fixtures/rig.ts'

let postgres: Postgres
beforeAll(async () => (postgres = await startPostgres({ settings: { max_replication_slots: 20, max_wal_senders: 20 } })))
afterAll(() => postgres.stop())

/** Longer than it takes to read a part of a chunk. */
const SLOW_DISK_MS = 300

async function rowsOf(rig: Rig, table: string, columns: readonly string[]): Promise<string[]> {
  const rows = await rig.sql(
    `select concat_ws('|', ${columns.map((column) => `coalesce(${column}::text, '~')`).join(', ')}) as row from ${table}`,
  )
  return rows.map(({ row }) => String(row)).sort()
}

test('rows of many tables are read over several connections, each once, and show in one cut', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key, note text); insert into a select g, repeat('a', 200) from generate_series(1, 20000) g;
     create table b (id int primary key, note text); insert into b select g, repeat('b', 200) from generate_series(1, 9000) g;
     create table none (id int primary key)`,
    { chunkBlocks: 16, config: { snapshot: { connections: 3 } } },
  )
  try {
    await rig.start()
    expect(rig.folded('shop.a')).toEqual(await rowsOf(rig, 'a', ['id', 'note']))
    expect(rig.changes('shop.b')).toHaveLength(9000)
    const cuts = new Set(['shop.a', 'shop.b'].flatMap((stream) => Array.from(rig.reader.read(stream), ({ cut }) => cut)))
    expect(cuts.size).toBe(1)
    const identities = ['shop.a', 'shop.b'].flatMap((stream) =>
      rig.changes(stream).map(({ transaction, index }) => `${transaction}/${index}`),
    )
    expect(new Set(identities).size).toBe(29_000)
  } finally {
    await rig.close()
  }
})

test('law 2: a chunk that goes in parts is read when all of its parts are durable, and not before', async () => {
  const parts: { isDurable: boolean }[] = []
  const waiting: number[] = []
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key, note text); insert into a select g, repeat(md5(g::text), 300) from generate_series(1, 2500) g`,
    {
      writer: (store): LogWriter => ({
        commit: async (set) => {
          const isRead = set.state?.put?.some(({ owner }) => owner.includes('/chunks/')) === true
          if (isRead) waiting.push(parts.filter(({ isDurable }) => !isDurable).length)
          const part = { isDurable: false }
          if (!isRead && set.appends?.some(({ stream }) => stream === 'shop.a') === true) parts.push(part)
          await sleep(SLOW_DISK_MS)
          const committed = await store.commit(set)
          part.isDurable = true
          return committed
        },
      }),
    },
  )
  try {
    await rig.start()
    expect(rig.changes('shop.a')).toHaveLength(2500)
    expect(parts.length).toBeGreaterThan(1)
    expect(waiting).toEqual([0])
  } finally {
    await rig.close()
  }
})

test('rows go no faster than was asked for', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key, note text); insert into a select g, repeat('a', 200) from generate_series(1, 6000) g`,
    {
      chunkBlocks: 8,
      config: { snapshot: { rowsPerSecondMax: 4000 } },
    },
  )
  try {
    const began = performance.now()
    rig.begin()
    await rig.until(() => Number(rig.observation.evidence['fillRows'] ?? 0) > 0)
    expect(rig.observation).toMatchObject({ phase: 'snapshot', evidence: { fillTables: 1 } })
    await rig.until(() => rig.observation.phase === 'running')
    expect(performance.now() - began).toBeGreaterThan(1200)
    expect(rig.changes('shop.a')).toHaveLength(6000)
    expect(rig.observation.evidence).toMatchObject({ fillTables: 0 })
  } finally {
    await rig.close()
  }
})

test('a table that joins is read while the others flow on, and not one row of theirs is read again', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key, note text); insert into a select g, 'a' from generate_series(1, 5000) g`,
  )
  try {
    await rig.start()
    const before = rig.changes('shop.a').length
    await rig.sql(`create table late (id int primary key, note text); insert into late select g, 'x' from generate_series(1, 3000) g`)
    for (let round = 0; round < 40; round += 1) {
      await rig.sql(`insert into a values ($1, 'new')`, [10_000 + round])
      await rig.sql(`insert into late values ($1, 'y')`, [10_000 + round])
      await rig.sql('delete from late where id = $1', [round])
      await rig.sql('update late set note = $2 where id = $1', [round + 1000, `z${round}`])
    }
    await rig.until(() => rig.reader.streams().some(({ name }) => name === 'shop.late') && rig.folded('shop.late').length > 0)
    await rig.sql(`insert into late values (-1, 'last'); insert into a values (-1, 'last')`)
    await rig.until(
      () => rig.folded('shop.late').some((row) => row.startsWith('-1|')) && rig.folded('shop.a').some((row) => row.startsWith('-1|')),
    )
    expect(rig.folded('shop.late')).toEqual(await rowsOf(rig, 'late', ['id', 'note']))
    expect(rig.changes('shop.a')).toHaveLength(before + 41)
  } finally {
    await rig.close()
  }
})

test('a row that moves from where reading is to come to where it is over keeps the large value that its update left out', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key, note text, big text, reads int) with (autovacuum_enabled = off); alter table a alter big set storage external;
     insert into a select g, repeat('n', 150), repeat(md5(g::text), 80), 0 from generate_series(1, 3000) g`,
    { chunkBlocks: 1, resumeChunksMin: 1, config: { snapshot: { connections: 1, rowsPerSecondMax: 800 } } },
  )
  try {
    await rig.sql('delete from a where id <= 200')
    await rig.sql('vacuum a')
    rig.begin()
    await rig.until(() => Number(rig.observation.evidence['fillRows'] ?? 0) > 600)
    await rig.sql('update a set reads = 1 where id between 2400 and 2440')
    const moved = await rig.sql("select count(*)::int as count from a where reads = 1 and ctid < '(6,0)'")
    expect(moved[0]?.['count']).toBeGreaterThan(10)
    await rig.until(() => Number(rig.reader.progress('shop')?.state['position']) > 0)
    await rig.sql("insert into a values (-1, '', '', 0)")
    const [{ now } = {}] = await rig.sql("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as now")
    await rig.until(() => Number(rig.reader.progress('shop')?.state['position']) >= Number(now))
    expect(rig.observation.phase).toBe('snapshot')
    await rig.stop()
    rig.reconfigure({ config: { snapshot: { connections: 2 } } })
    await rig.start()
    const read = Number(rig.observation.evidence['snapshotRows'])
    expect(read).toBeLessThan(2500)
    expect(upserted(rig, 'shop.a')).toEqual(await rowsOf(rig, 'a', ['id', 'note', 'big', 'reads']))
  } finally {
    await rig.close()
  }
})

test('a lost slot ends in a rebuild that tells deletes, tells nothing that is equal, and never shows an empty table', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key, note text); insert into a select g, 'a' from generate_series(1, 2000) g;
     create table bag (word text); alter table bag replica identity full; insert into bag select 'w' || (g % 7) from generate_series(1, 70) g`,
    { partitions: 2 },
  )
  try {
    await rig.start()
    await rig.stop()
    await rig.until(
      async () => (await rig.sql(`select active from pg_replication_slots where slot_name = '${rig.slot}'`))[0]?.['active'] === false,
    )
    await rig.sql(`select pg_drop_replication_slot('${rig.slot}')`)
    await rig.sql(
      `delete from a where id <= 100; update a set note = 'b' where id between 200 and 209; insert into a values (5000, 'c'); delete from bag where word = 'w3'`,
    )
    const seen: number[] = []
    rig.begin()
    await rig.until(() => {
      seen.push(rig.folded('shop.a').length)
      return rig.observation.phase === 'running'
    })
    expect(new Set(seen)).toEqual(new Set(seen.at(-1) === 2000 ? [2000] : [2000, 1901]))
    expect(rig.folded('shop.a')).toEqual(await rowsOf(rig, 'a', ['id', 'note']))
    expect(rig.observation.evidence).toMatchObject({ rebuilds: 1, slotLost: expect.stringContaining('it is gone') })
    const told = rig.changes('shop.a').slice(2000)
    expect(rig.changes('shop.a')).toHaveLength(2000 + 100 + 10 + 1)
    expect(told.length).toBe(111)
    const words = rig.changes('shop.bag')
    const last = words.findLastIndex(({ operation }) => operation === 'truncate')
    expect(words.slice(last + 1)).toHaveLength(60)
    await rig.sql(`insert into a values (6000, 'after')`)
    await rig.until(() => rig.folded('shop.a').includes('6000|after'))
  } finally {
    await rig.close()
  }
})

test('a backfill mends what the log has wrong, finds what is gone, and keeps what came meanwhile', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key, note text); insert into a select g, 'a' from generate_series(1, 3000) g`,
  )
  try {
    await rig.start()
    const store = rig.store
    const definition = rig.reader.stream('shop.a')
    const builder = new BatchBuilder(definition.schema)
    const transaction = Number(rig.reader.progress('shop')?.state['position']) - 3
    builder.push('delete', { transaction, index: 0, time: 0 }, [17, 'a'])
    builder.push('update', { transaction, index: 1, time: 0 }, [18, 'wrong'])
    builder.push('insert', { transaction, index: 2, time: 0 }, [-5, 'ghost'])
    builder.push('insert', { transaction, index: 3, time: 0 }, [-6, 'ghost'])
    await store.commit({ appends: [{ stream: 'shop.a', partition: 0, batch: builder.finish() }] })
    await rig.capture?.backfill({ stream: 'shop.a', where: 'id between -5 and 17' })
    await rig.until(() => rig.capture?.fillOf('shop.a')?.ended === true)
    expect(rig.capture?.fillOf('shop.a')).toMatchObject({ rows: 17, told: 2 })
    expect(rig.folded('shop.a')).toContain('17|a')
    expect(rig.folded('shop.a')).toContain('18|wrong')
    expect(rig.folded('shop.a')).not.toContain('-5|ghost')
    expect(rig.folded('shop.a')).toContain('-6|ghost')
    await rig.capture?.backfill({ stream: 'shop.a', where: null })
    let id = 10_000
    await rig.until(async () => {
      await rig.sql(`insert into a values ($1, 'meanwhile')`, [(id += 1)])
      await rig.sql(`update a set note = note || '!' where id % 500 = $1`, [id % 500])
      return rig.capture?.fillOf('shop.a')?.ended === true
    }, 1)
    await rig.sql(`insert into a values (-100, 'last')`)
    await rig.until(() => rig.changes('shop.a').some(({ after }) => after[0] === -100))
    expect(upserted(rig, 'shop.a')).toEqual(await rowsOf(rig, 'a', ['id', 'note']))
    await expect(rig.capture?.backfill({ stream: 'shop.a', where: 'nonsense >' })).rejects.toMatchObject({ code: 'BACKFILL_CONDITION' })
    await expect(rig.capture?.backfill({ stream: 'shop.b', where: null })).rejects.toMatchObject({ code: 'BACKFILL_REFUSED' })
  } finally {
    await rig.close()
  }
})

/** As a keyed reader folds: whatever is told last of a key holds. */
function upserted(rig: Rig, stream: string): string[] {
  const rows = new Map<unknown, readonly unknown[]>()
  for (const { operation, after } of rig.changes(stream)) {
    const old = rows.get(after[0])
    if (operation === 'truncate') rows.clear()
    else if (operation === 'delete') rows.delete(after[0])
    else
      rows.set(
        after[0],
        after.map((cell, at) => (cell === undefined ? old?.[at] : cell)),
      )
  }
  return Array.from(rows.values(), (cells) => cells.map((cell) => String(cell ?? '~')).join('|')).sort()
}
