/** A table that stopped is taken as it is, beside the stream: nothing of it is lost, told twice, or seen before all of it is. */
import type { LogWriter } from '@millrace/core'
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptedStreams } from '../../stopped/acceptance.ts'
import { acceptTable, parkedTables } from '../../stopped/parked-tables.ts'
import { MysqlRig } from '../fixtures/mysql-rig.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

const TABLES = `create table t (id int primary key, v int, extra int); create table beside (id int primary key, v int, extra int);
  insert into t values (1, 1, 0), (2, 2, 0), (3, 3, 0); insert into beside values (1, 1, 0)`
/** Stops the table, and has rows come and go that its stream is not told of. */
const STOP = 'alter table t drop column extra; insert into t values (4, 4); delete from t where id = 1'

/** Holds back the rows that are read anew, so that the stream can be anywhere meanwhile. */
class Gate {
  waiting = 0
  readonly #opened = Promise.withResolvers<void>()

  open(): void {
    this.#opened.resolve()
  }

  before(writer: LogWriter): LogWriter {
    return {
      commit: async (set) => {
        if (set.appends?.some(({ tail }) => tail?.endsWith('/rows') === true) === true) {
          this.waiting += 1
          await this.#opened.promise
        }
        return writer.commit(set)
      },
    }
  }
}

test('a table that stopped is listed with the reason, and goes on as it is now once it is accepted', () =>
  survive(async (rig) => {
    await rig.start()
    await rig.sql(`${STOP}; insert into beside values (2, 2, 0)`)
    await rig.caughtUp()
    expect(parkedTables(rig.reader, 'shop')).toEqual([
      {
        source: 'shop',
        stream: 'shop.t',
        table: 't',
        what: 'a column was dropped',
        sinceMs: expect.any(Number),
        accepted: false,
      },
    ])
    expect(rig.observation.error).toMatchObject({ code: 'CAPTURE_TABLE_PARKED', hint: expect.stringContaining('parked shop.t --accept') })
    await expect(accept(rig, 'beside')).rejects.toMatchObject({ code: 'CAPTURE_TABLE_NOT_PARKED' })
    expect(await accept(rig, 't')).toMatchObject({ stream: 'shop.t', accepted: true })
    await followed(rig)
    await same(rig, 't', 'beside')
    expect(rig.observation).toMatchObject({ error: null, evidence: { stoppedTables: '', filling: null } })
    expect(rig.reader.stream('shop.t').schema.columns.map(({ name }) => name)).toEqual(['id', 'v'])
    await rig.stop()
    await rig.sql('update t set v = 20 where id = 2; insert into t values (7, 7)')
    await rig.start()
    await same(rig, 't')
    identitiesAreTheirOwn(rig)
  }))

test('a table that is accepted while its source is stopped is read at the next start, and the stream begins where it was', () =>
  survive(async (rig) => {
    await rig.start()
    await rig.sql(STOP)
    await rig.caughtUp()
    await rig.stop()
    await accept(rig, 't')
    await rig.sql('insert into t values (8, 8); insert into beside values (8, 8, 8); delete from t where id = 3')
    await rig.start()
    await followed(rig)
    await same(rig, 't', 'beside')
    identitiesAreTheirOwn(rig)
  }))

test('what changes while the rows are read follows them, its neighbours are not held up, and all of it shows at once', () =>
  gated(async (rig, gate) => {
    const before = rig.changes('shop.t').length
    await rig.sql(
      'update t set v = 30 where id = 3; update t set id = 40 where id = 4; delete from t where id = 2; insert into t values (2, 200)',
    )
    await rig.sql('alter table t add column later varchar(2000); insert into t values (9, 9, "nine")')
    await rig.sql(
      'begin; insert into beside values (5, 5, 0); insert into t select seq, seq, repeat("x", 1000) from seq_1000_to_12000; update beside set v = 6 where id = 5; commit; delete from t where id > 1100',
    )
    await same(rig, 'beside')
    expect(rig.changes('shop.t')).toHaveLength(before)
    expect(parkedTables(rig.reader, 'shop')).toMatchObject([{ accepted: true }])
    gate.open()
    await followed(rig)
    await same(rig, 't', 'beside')
    await rig.sql('truncate table t; insert into t values (1, 1, "one")')
    await same(rig, 't')
    identitiesAreTheirOwn(rig)
  }))

test('a table that is emptied while it is read has the rows that came after', () =>
  gated(async (rig, gate) => {
    await rig.sql('insert into t values (50, 50); truncate table t; insert into t values (51, 51)')
    await same(rig, 'beside')
    gate.open()
    await followed(rig)
    await same(rig, 't')
    expect(rig.folded('shop.t')).toEqual(['51|51'])
  }))

test('a table that changes again while it is read stops again, until it is accepted again', () =>
  gated(async (rig, gate) => {
    await rig.sql('insert into t values (5, 5); alter table t modify v bigint; insert into t values (6, 6)')
    await rig.caughtUp()
    expect(parkedTables(rig.reader, 'shop')).toMatchObject([{ stream: 'shop.t', what: expect.stringContaining('BIGINT') }])
    gate.open()
    await rig.until(() => acceptedStreams(rig.reader, 'shop').size === 0)
    expect(parkedTables(rig.reader, 'shop')).toMatchObject([{ stream: 'shop.t', accepted: false }])
    await accept(rig, 't')
    await followed(rig)
    await same(rig, 't', 'beside')
    identitiesAreTheirOwn(rig)
  }))

test('a table that is dropped and made again while it is read is followed from its new beginning', () =>
  gated(async (rig, gate) => {
    await rig.sql('drop table t; create table t (id int primary key, v int); insert into t values (1, 100)')
    await same(rig, 't', 'beside')
    gate.open()
    await rig.until(() => acceptedStreams(rig.reader, 'shop').size === 0)
    await rig.sql('update t set v = 101')
    await same(rig, 't')
    expect(parkedTables(rig.reader, 'shop')).toEqual([])
  }))

test('rows of a prepared transaction are neither lost nor told twice by a reading beside it', () =>
  gated(async (rig, gate) => {
    const other = await mariadb.connect(rig.database)
    await other.query("xa start 'p'; insert into t values (60, 60); update beside set v = 9; xa end 'p'; xa prepare 'p'")
    await other.end()
    await rig.sql('insert into t values (61, 61); insert into beside values (61, 0, 0)')
    await rig.until(() => rig.changes('shop.beside').length === 2)
    gate.open()
    await rig.until(() => rig.observation.evidence['filling'] === null)
    expect(parkedTables(rig.reader, 'shop')).toMatchObject([{ accepted: true }])
    await rig.sql("xa commit 'p'")
    await followed(rig)
    await same(rig, 't', 'beside')
  }))

test('a table without transactions is held still while it is read, and then goes on', () =>
  survive(async (rig) => {
    await rig.sql('create table m (id int primary key, v int, extra int) engine=MyISAM; insert into m values (1, 1, 1)')
    await rig.start()
    await rig.sql('alter table m drop column extra; insert into m values (2, 2)')
    await rig.caughtUp()
    await accept(rig, 'm')
    await followed(rig)
    await rig.sql('insert into m values (3, 3)')
    await same(rig, 'm')
  }))

test('a table whose rows a foreign key changes goes on once it is accepted, and stops at the next such change', () =>
  survive(async (rig) => {
    await rig.sql(
      'create table c (id int primary key, p int, foreign key (p) references beside (id) on delete set null); insert into beside values (2, 2, 2), (3, 3, 3); insert into c values (1, 1), (2, 2), (3, 3)',
    )
    await rig.start()
    await rig.sql('delete from beside where id = 2; insert into c values (4, null)')
    await rig.caughtUp()
    await accept(rig, 'c')
    await followed(rig)
    await rig.sql('insert into c values (5, 1)')
    await same(rig, 'c', 'beside')
    await rig.sql('delete from beside where id = 3')
    await rig.caughtUp()
    expect(parkedTables(rig.reader, 'shop')).toMatchObject([{ stream: 'shop.c', what: expect.stringContaining('foreign key') }])
  }))

test('a table that was renamed is emptied once it is accepted, and the one of the new name has its rows', () =>
  survive(async (rig) => {
    await rig.start()
    await rig.sql('rename table t to moved; insert into moved values (9, 9, 9)')
    await rig.caughtUp()
    expect(
      parkedTables(rig.reader, 'shop')
        .map(({ stream }) => stream)
        .sort(),
    ).toEqual(['shop.moved', 'shop.t'])
    await accept(rig, 't')
    await accept(rig, 'moved')
    await followed(rig)
    expect(rig.folded('shop.t')).toEqual([])
    await rig.sql('create table t (id int primary key, v int, extra int); insert into t values (1, 1, 1); delete from moved where id = 2')
    await same(rig, 't', 'moved')
  }))

test('a table that is left out is not parked any more, and joins with its rows when it is wanted again', () =>
  survive(async (rig) => {
    await rig.start()
    await rig.sql(STOP)
    await rig.caughtUp()
    await rig.stop()
    rig.reconfigure({ config: { exclude: ['t'] } })
    await rig.start()
    await rig.sql('insert into t values (70, 70); insert into beside values (70, 70, 70)')
    await same(rig, 'beside')
    expect(rig.observation.error).toBeNull()
    expect(parkedTables(rig.reader, 'shop')).toEqual([])
    await rig.stop()
    rig.reconfigure({ config: {} })
    await rig.start()
    await same(rig, 't', 'beside')
  }))

test('a new generation carries out what was accepted before', () =>
  survive(async (rig) => {
    await rig.start()
    await rig.sql(STOP)
    await rig.caughtUp()
    await rig.stop()
    await accept(rig, 't')
    rig.reconfigure({ config: { generation: 2 } })
    await rig.start()
    expect(parkedTables(rig.reader, 'shop')).toEqual([])
    expect(acceptedStreams(rig.reader, 'shop').size).toBe(0)
    await same(rig, 't', 'beside')
  }))

function accept(rig: MysqlRig, table: string): ReturnType<typeof acceptTable> {
  return acceptTable({ writer: rig.store, reader: rig.reader, source: 'shop', stream: `shop.${table}` })
}

/** Waits until no table is stopped. */
async function followed(rig: MysqlRig): Promise<void> {
  await rig.until(() => parkedTables(rig.reader, 'shop').length === 0)
}

/** The streams are what their tables hold now. */
async function same(rig: MysqlRig, ...tables: readonly string[]): Promise<void> {
  await rig.caughtUp()
  for (const table of tables) {
    const rows = await rig.sql(`select * from ${table}`)
    const held = rows.map((row) =>
      Object.values(row)
        .map((value) => value ?? '~')
        .join('|'),
    )
    expect(rig.folded(`shop.${table}`), table).toEqual(held.sort())
  }
}

function identitiesAreTheirOwn(rig: MysqlRig): void {
  for (const { name, partitions } of rig.reader.streams()) {
    const identities = new Set<string>()
    for (let partition = 0; partition < partitions; partition += 1) {
      let last = 0
      for (const stored of rig.reader.read(name, { partition })) {
        const { count, transactions, indexes } = stored.batch()
        for (let row = 0; row < count; row += 1) {
          const identity = `${transactions[row]}/${indexes[row]}`
          expect(identities.has(identity), `${name} ${identity}`).toBe(false)
          identities.add(identity)
          expect(transactions[row]).toBeGreaterThanOrEqual(last)
          last = transactions[row] ?? 0
        }
      }
    }
  }
}

/** The table `t` was accepted and is being read: the view under which it is stands, and no row of it is in the log. */
function gated(work: (rig: MysqlRig, gate: Gate) => Promise<void>): Promise<void> {
  const gate = new Gate()
  return survive(
    async (rig) => {
      try {
        await rig.start()
        await rig.sql(STOP)
        await rig.caughtUp()
        await accept(rig, 't')
        await rig.until(() => gate.waiting > 0)
        await work(rig, gate)
      } finally {
        gate.open()
      }
    },
    { writer: (store) => gate.before(store) },
  )
}

async function survive(work: (rig: MysqlRig) => Promise<void>, options: Parameters<typeof MysqlRig.open>[2] = {}): Promise<void> {
  const rig = await MysqlRig.open(mariadb, TABLES, options)
  try {
    await work(rig)
  } finally {
    await rig.close()
  }
}
