import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MysqlRig } from './fixtures/mysql-rig.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

const ITEM = 'create table item (id int primary key, note varchar(100), amount decimal(12,2))'

async function truth(rig: MysqlRig, columns = "id, coalesce(note, '~'), coalesce(amount, '~')"): Promise<string[]> {
  const rows = await rig.sql(`select concat_ws('|', ${columns}) as line from item`)
  return rows.map(({ line }) => String(line)).sort()
}

async function survive(
  tables: string,
  work: (rig: MysqlRig) => Promise<void>,
  options: Parameters<typeof MysqlRig.open>[2] = {},
): Promise<void> {
  const rig = await MysqlRig.open(mariadb, tables, options)
  try {
    await work(rig)
  } finally {
    await rig.close()
  }
}

test('inserts, updates, deletes and moved keys arrive once, in order, with the row before', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1), (2, null, 2.5)`, async (rig) => {
    await rig.start()
    await rig.sql(
      "begin; insert into item values (3, 'c', 3), (4, 'd', 4); update item set note = 'b' where id = 2; update item set id = 30 where id = 3; delete from item where id = 1; commit",
    )
    const changes = await rig.changed('shop.item', 7)
    expect(changes.map(({ operation, transaction, index }) => [operation, transaction, index])).toEqual([
      ['insert', 1, 0],
      ['insert', 1, 1],
      ['insert', 2, 0],
      ['insert', 2, 1],
      ['update', 2, 2],
      ['update', 2, 3],
      ['delete', 2, 4],
    ])
    expect(changes[4]).toMatchObject({ after: [2, 'b', 250], before: [2, null, 250] })
    expect(changes[5]).toMatchObject({ after: [30, 'c', 300], before: [3, 'c', 300] })
    expect(changes[6]).toMatchObject({ after: [1, 'a', 100] })
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    await rig.sql("insert into item values (5, 'e', 5); insert into item values (6, 'f', 6)")
    expect((await rig.changed('shop.item', 9)).slice(7).map(({ transaction, index }) => [transaction, index])).toEqual([
      [3, 0],
      [4, 0],
    ])
  }))

test('a snapshot under load, in chunks of every kind of key, and the stream after it hold every row once', () =>
  survive(
    `create table item (id int, note varchar(40), amount decimal(12,2), primary key (note, id));
     insert into item select seq, concat("k'\\\\", seq mod 7), seq / 7 from seq_1_to_120000;
     create table keyless (a int, b text); insert into keyless select seq, 'x' from seq_1_to_1000`,
    async (rig) => {
      rig.begin()
      for (let round = 0; round < 40; round += 1) {
        await rig.sql(
          `insert into item values (${200_000 + round}, 'new', 1); update item set amount = -1 where id = ${round * 31}; delete from item where id = ${round * 37 + 1}`,
        )
      }
      await rig.until(() => rig.observation.phase === 'running')
      await rig.caughtUp()
      expect(rig.folded('shop.item')).toEqual(await truth(rig, 'id, note, amount'))
      expect(rig.changes('shop.keyless')).toHaveLength(1000)
    },
  ))

test("a key's changes stay in one partition, whether they came by snapshot or stream", () =>
  survive(
    `${ITEM}; insert into item select seq, 'n', seq from seq_1_to_500`,
    async (rig) => {
      await rig.start()
      await rig.sql('update item set amount = amount + 1; delete from item where id % 3 = 0')
      await rig.changed('shop.item', 500 + 500 + 166)
      const places = new Map<unknown, Set<number>>()
      for (const stored of rig.reader.read('shop.item')) {
        const { after, count } = stored.batch()
        for (let row = 0; row < count; row += 1) {
          const id = after[0]?.values[row]
          places.set(id, (places.get(id) ?? new Set()).add(stored.partition))
        }
      }
      expect(places.size).toBe(500)
      expect(Array.from(places.values()).every((partitions) => partitions.size === 1)).toBe(true)
      expect(new Set(Array.from(places.values(), (partitions) => Array.from(partitions)[0])).size).toBe(4)
    },
    { partitions: 4 },
  ))

test('law 3: a transaction that outgrows memory limits appears at once, after nothing of it was seen', () =>
  survive(ITEM, async (rig) => {
    await rig.start()
    await rig.sql(
      "begin; insert into item values (0, 'first', 0); insert into item select seq, repeat('x', 100), seq from seq_1_to_200000; commit; insert into item values (300000, 'after', 1)",
    )
    const seen = new Set<number>()
    await rig.until(() => {
      const next = rig.reader.streams().length === 0 ? 0 : (rig.reader.extents('shop.item')[0]?.next ?? 0)
      seen.add(next)
      return next === 200_002
    }, 2)
    expect(Array.from(seen).filter((next) => next > 0 && next < 200_001)).toEqual([])
    expect(new Set(rig.changes('shop.item').map(({ transaction }) => transaction))).toEqual(new Set([2, 3]))
  }))

test('case 15: tables without transactions have no XID and still arrive whole, also in the snapshot', () =>
  survive(
    'create table item (id int primary key, note varchar(100), amount decimal(12,2)) engine=MyISAM; insert into item values (1, "a", 1); create table log (id int primary key) engine=Aria; create table tx (id int primary key)',
    async (rig) => {
      await rig.start()
      await rig.sql(
        "insert into item values (2, 'b', 2), (3, 'c', 3); update item set amount = 9 where id = 1; begin; insert into tx values (1); insert into item values (4, 'd', 4); insert into log values (1); rollback",
      )
      await rig.caughtUp()
      expect(rig.folded('shop.item')).toEqual(await truth(rig))
      expect(rig.changes('shop.tx')).toEqual([])
      expect(rig.changes('shop.log')).toHaveLength(1)
    },
  ))

test('a prepared transaction shows at its commit, after a restart too, and nothing of one that was rolled back', () =>
  survive(ITEM, async (rig) => {
    await rig.start()
    const other = await mariadb.connect(rig.database)
    await other.query("xa start 'kept'; insert into item values (1, 'kept', 1), (2, 'kept', 2); xa end 'kept'; xa prepare 'kept'")
    await other.end()
    await rig.sql("insert into item values (3, 'between', 3)")
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(['3|between|3.00'])
    await rig.stop()
    await rig.start()
    expect(rig.observation.evidence['preparedTransactions']).toBeDefined()
    await rig.sql("xa commit 'kept'")
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    await rig.sql(
      "xa start 'gone'; insert into item values (9, 'gone', 9); xa end 'gone'; xa prepare 'gone'; xa rollback 'gone'; insert into item values (5, 'last', 5)",
    )
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    const transactions = rig.changes('shop.item').map(({ transaction }) => transaction)
    expect(transactions).toEqual([...transactions].sort((left, right) => left - right))
  }))

test('case 14: added columns are followed, wherever they stand', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1)`, async (rig) => {
    await rig.start()
    await rig.sql(
      "alter table item add column extra int null after id, add column u uuid; insert into item (id, extra, note, u) values (2, 7, 'b', '123e4567-e89b-12d3-a456-426655440000'); update item set extra = 5 where id = 1",
    )
    await rig.caughtUp()
    expect(rig.reader.stream('shop.item').schema.columns.map(({ name, type }) => [name, type.kind])).toEqual([
      ['id', 'int32'],
      ['note', 'text'],
      ['amount', 'decimal'],
      ['extra', 'int32'],
      ['u', 'uuid'],
    ])
    expect(rig.folded('shop.item')).toEqual(['1|a|1.00|5|~', '2|b|~|7|123e4567-e89b-12d3-a456-426655440000'])
  }))

test.each([
  ['a changed type', 'alter table item modify amount bigint'],
  ['a dropped column', 'alter table item drop column note'],
  ['a column dropped and made again', 'alter table item drop column note, add column note varchar(100)'],
  ['a renamed column', 'alter table item change note remark varchar(100)'],
  ['a default for rows that are there', 'alter table item add column stars int not null default 5'],
  ['another key', 'alter table item drop primary key, add primary key (id, note)'],
  ['a rename', 'rename table item to elsewhere, other to item'],
  ['a rename by alter', 'alter table item rename to elsewhere'],
])('case 14: %s stops the table by name, its neighbours flow on, and a new generation reads it anew', (_name, ddl) =>
  survive(
    `${ITEM}; insert into item values (1, 'a', 1), (2, 'b', 2); create table beside (id int primary key); create table other (id int primary key)`,
    async (rig) => {
      rig.reconfigure({ config: { exclude: ['other'] } })
      await rig.start()
      await rig.sql(ddl)
      await rig.sql('insert into beside values (1)').catch(() => undefined)
      await rig
        .sql('update item set id = 20 where id = 2; insert into beside values (2)')
        .catch(() => rig.sql('insert into beside values (2)'))
      await rig.caughtUp()
      expect(rig.changes('shop.beside')).toHaveLength(2)
      expect(rig.observation).toMatchObject({
        phase: 'running',
        error: { code: 'CAPTURE_TABLE_PARKED' },
        evidence: { stoppedTables: expect.stringMatching(/^item\b/) },
      })
      await rig.stop()
      await rig.start()
      expect(rig.observation).toMatchObject({
        error: { code: 'CAPTURE_TABLE_PARKED' },
        evidence: { stoppedTables: expect.stringMatching(/^item\b/) },
      })
      await rig.stop()
      rig.reconfigure({ config: { exclude: ['other'], generation: 2 } })
      await rig.start()
      await rig.caughtUp()
      expect(rig.observation.error).toBeNull()
      expect(rig.folded('shop.beside')).toEqual(['1', '2'])
      if (rig.reader.progress('shop')?.state['tables']?.toString().includes('item'))
        expect(rig.folded('shop.item')).toHaveLength((await rig.sql('select * from item')).length)
    },
  ),
)

test('case 14: a statement that changes several tables, one of them in a new shape, is followed in all of them', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1), (2, 'b', 2); create table beside (id int primary key, x int)`, async (rig) => {
    await rig.start()
    await rig.sql('insert into beside values (1, 1)')
    await rig.sql(
      'create table made (id int primary key); create trigger t after insert on item for each row insert into made values (new.id)',
    )
    await rig.sql("insert into item values (3, 'c', 3); insert into item values (4, 'd', 4)")
    await rig.sql('alter table beside add column y int; update item join beside using (id) set item.amount = 9, beside.y = 5')
    await rig.sql('alter table beside drop column x; update item join beside using (id) set item.amount = 10, beside.y = 6')
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    expect(rig.folded('shop.item')).toHaveLength(4)
    expect(rig.folded('shop.made')).toEqual(['3', '4'])
    expect(rig.folded('shop.beside')).toEqual(['1|1|5'])
  }))

test('case 14: tables that are made, emptied, dropped and made again are followed', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1)`, async (rig) => {
    await rig.start()
    await rig.sql(
      'truncate table item; insert into item values (2, "b", 2); create table later (id int primary key, x int); insert into later values (1, 1)',
    )
    await rig.sql('create table copied as select * from item')
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(['2|b|2.00'])
    expect(rig.folded('shop.later')).toEqual(['1|1'])
    expect(rig.changes('shop.copied')).toHaveLength(1)
    await rig.stop()
    await rig.sql(
      'create table offline (id int primary key); insert into offline values (7); drop table later; create table later (id int primary key, x int); insert into later values (5, 5)',
    )
    await rig.start()
    await rig.caughtUp()
    expect(rig.folded('shop.offline')).toEqual(['7'])
    expect(rig.folded('shop.later')).toEqual(['5|5'])
  }))

test('only the tables that are wanted are captured, and one that joins is read', () =>
  survive(
    `${ITEM}; create table other (id int primary key); insert into other values (1)`,
    async (rig) => {
      await rig.start()
      await rig.sql("insert into item values (1, 'a', 1); insert into other values (2)")
      await rig.caughtUp()
      expect(rig.reader.streams().map(({ name }) => name)).toEqual(['shop.item'])
      await rig.stop()
      rig.reconfigure({ config: { tables: ['item', 'other'] } })
      await rig.start()
      expect(rig.folded('shop.other')).toEqual(['1', '2'])
      expect(rig.folded('shop.item')).toEqual(['1|a|1.00'])
    },
    { config: { tables: ['item'] } },
  ))

test('changes that a session logs as statements end the capture loudly', () =>
  survive(ITEM, async (rig) => {
    await rig.start()
    await rig.sql("set session binlog_format = STATEMENT; insert into item values (1, 'unseen', 1)")
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_STATEMENT_LOGGED', hint: expect.stringContaining('generation') })
  }))

test('a session that logs short rows: updates and deletes are understood, partial new rows refused', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1), (2, 'b', 2)`, async (rig) => {
    await rig.start()
    await rig.sql(
      "set session binlog_row_image = MINIMAL; update item set amount = 9 where id = 1; update item set id = 22 where id = 2; delete from item where id = 22; insert into item values (3, 'all', 3)",
    )
    await rig.caughtUp()
    expect(rig.changes('shop.item').find(({ operation }) => operation === 'update')).toMatchObject({ after: [1, undefined, 900] })
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    await rig.sql('insert into item (id) values (4)')
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_ROW_IMAGE' })
  }))

test('compressed events are read, of rows and of statements', async () => {
  const own = await startMariadb({ settings: { log_bin_compress: 'ON', log_bin_compress_min_len: 10, binlog_checksum: 'NONE' } })
  const rig = await MysqlRig.open(own, ITEM)
  try {
    await rig.start()
    await rig.sql(
      "insert into item select seq, repeat('n', 90), seq from seq_1_to_3000; update item set note = repeat('m', 80) where id < 100; delete from item where id > 2000; create table extra_table_with_a_long_name (id int primary key, a_long_column_name varchar(20)); insert into extra_table_with_a_long_name values (1, 'x')",
    )
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    expect(rig.folded('shop.extra_table_with_a_long_name')).toEqual(['1|x'])
  } finally {
    await rig.close()
    await own.stop()
  }
})
