/** Capture against MySQL itself: what differs from MariaDB, and what must not. */
import { valueToText } from '@millrace/core'
import { type DatabaseServer, startMysql } from '@millrace/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptTable, parkedTables } from '../stopped/parked-tables.ts'
import { MysqlRig } from './fixtures/mysql-rig.ts'
import { VALUE_CASES, type ValueCase } from './fixtures/value-cases.ts'
import { inspectMysql } from './inspect-mysql.ts'

const ITEM = 'create table item (id int primary key, note varchar(100), amount decimal(12,2))'
const MARIADB_ONLY = /^(?:uuid|inet[46])$/
/** What MySQL takes otherwise than MariaDB: its times end with a whole second. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  'time(6)': ['-838:59:59.000000', '-00:00:00.000001', '100:00:00.500000', '00:00:00.000000'],
}
/** MySQL keeps JSON as values, with its keys in an order of its own. */
const JSON_CASES: readonly ValueCase[] = [
  [
    'json',
    [
      `'{"bb": 1, "a": [1.50, null, "é🦆"], "c": {"x": true, "y": {}}}'`,
      `'[]'`,
      `'"text \\\\"quoted\\\\" and \\\\\\\\"'`,
      `'18446744073709551615'`,
      `'-9223372036854775808'`,
      `'1e300'`,
      `'[0.1, 1e-7, 100.0, -0.0, 123456789012345678]'`,
      `cast('12345678901234567890.123456789' as json)`,
      `json_array(cast('1.50' as decimal(10,2)), date '2026-11-21', time '-12:34:56.5', timestamp '2026-11-21 12:34:56.123456', x'00ff')`,
      `json_object('long', repeat('x', 70000), 'n', 5)`,
      `(with recursive s (n) as (select 1 union all select n + 1 from s where n < 900) select json_arrayagg(json_object(concat('k', n), n)) from s)`,
    ],
    [],
  ],
]

let mysql: DatabaseServer
beforeAll(async () => (mysql = await startMysql()))
afterAll(() => mysql.stop())

async function survive(
  tables: string,
  work: (rig: MysqlRig) => Promise<void>,
  { server = mysql, ...options }: Parameters<typeof MysqlRig.open>[2] & { server?: DatabaseServer } = {},
): Promise<void> {
  const rig = await MysqlRig.open(server, tables, options)
  try {
    await work(rig)
  } finally {
    await rig.close()
  }
}

test('every value is the same from the snapshot, the stream and an update, and what MariaDB would tell', () => {
  const cases = [...VALUE_CASES.filter(([type]) => !MARIADB_ONLY.test(type) && type !== 'json'), ...JSON_CASES]
  const tables = cases.map(([type], at) => `create table v${at} (id int primary key, x ${type}, y varchar(5) default '')`).join('; ')
  const insert = (base: number): string =>
    cases
      .map(([, literals], at) => {
        const rows = literals.map((literal, index) => `insert into v${at} (id, x) values (${base + index}, ${literal})`)
        return [...rows, `insert into v${at} (id, x) values (${base + 50}, null)`].join('; ')
      })
      .join('; ')
  return survive(tables, async (rig) => {
    await rig.sql("set time_zone = '+02:00', sql_mode = 'ALLOW_INVALID_DATES'")
    await rig.sql(insert(0))
    await rig.start()
    await rig.sql(insert(100))
    await rig.sql(cases.map((_, at) => `update v${at} set y = 'z' where id >= 100`).join('; '))
    await rig.caughtUp()
    const different: [string, string[]][] = []
    for (const [at, [type, literals, expected]] of cases.entries()) {
      const schema = rig.reader.stream(`shop.v${at}`).schema.columns[1]?.type
      const told = (operation: string, least: number): string[] =>
        rig
          .changes(`shop.v${at}`)
          .filter((change) => change.operation === operation && Number(change.after[0]) >= least && Number(change.after[0]) < least + 100)
          .map(({ after: [, value] }) =>
            value === null || schema === undefined ? '~' : value === undefined ? 'absent' : valueToText(schema, value),
          )
      const snapshot = told('insert', 0)
      if (type === 'json') expect(snapshot).toHaveLength(literals.length + 1)
      else if (JSON.stringify(snapshot) !== JSON.stringify([...(OTHERWISE[type] ?? expected), '~'])) different.push([type, snapshot])
      expect(told('insert', 100), type).toEqual(snapshot)
      expect(told('update', 100), type).toEqual(snapshot)
    }
    expect(different).toEqual([])
  })
})

test('rows, statements and prepared transactions are followed, over a restart too', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1)`, async (rig) => {
    await rig.start()
    await rig.sql(
      "insert into item values (2, 'b', 2), (3, 'c', 3); update item set id = 20 where id = 2; delete from item where id = 1; alter table item add column extra int, add column first int first; insert into item values (0, 4, 'd', 4, 4)",
    )
    await rig.sql('create table copied as select * from item; create table later (id int primary key); insert into later values (1)')
    await rig.sql(
      'insert into item (id) values (5); begin; insert into item (id) values (6); savepoint s; insert into item (id) values (7); rollback to s; commit',
    )
    const other = await mysql.connect(rig.database)
    await other.query("xa start 'kept'; insert into item (id, note) values (8, 'kept'); xa end 'kept'; xa prepare 'kept'")
    await other.end()
    await rig.sql('insert into item (id) values (9)')
    await rig.caughtUp()
    await rig.stop()
    await rig.start()
    await rig.sql("xa commit 'kept'")
    await same(rig, 'item', 'later')
    expect(rig.changes('shop.copied')).toHaveLength(3)
    await rig.sql('truncate table later; insert into later values (2)')
    await same(rig, 'later')
    await rig.stop()
    await rig.sql('drop table later; create table later (id int primary key); insert into later values (3)')
    await rig.start()
    await same(rig, 'item', 'later')
  }))

test('transactions that the server compresses are read, large ones too, and show as a whole', () =>
  survive(`${ITEM}; set global binlog_transaction_compression = on`, async (rig) => {
    try {
      await rig.reconnect()
      await rig.sql('set cte_max_recursion_depth = 1000000')
      await rig.start()
      await rig.sql(
        "insert into item with recursive s (n) as (select 1 union all select n + 1 from s where n < 100000) select n, repeat('n', 90), n from s; update item set amount = 5 where id % 3 = 0; create table extra (id int primary key); insert into extra values (1); delete from item where id > 90000",
      )
      await same(rig, 'item', 'extra')
    } finally {
      await mysql.query('set global binlog_transaction_compression = off')
    }
  }))

test('columns and keys that a SELECT does not show are captured', () =>
  survive('create table item (id int primary key, hidden int invisible)', async (rig) => {
    await rig.sql(
      'set sql_generate_invisible_primary_key = on; create table keyless (v int); insert into keyless values (5); insert into item (id, hidden) values (1, 10)',
    )
    await rig.start()
    await rig.sql('insert into item (id, hidden) values (2, 20); insert into keyless values (6); update keyless set v = 7 where v = 5')
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(['1|10', '2|20'])
    expect(rig.folded('shop.keyless')).toEqual(['1|7', '2|6'])
  }))

test('parts of JSON values are refused: before the stream by the setting, within it where a session sets it', () =>
  survive(
    'create table item (id int primary key, j json); insert into item values (1, json_object("a", repeat("x", 200), "b", 1))',
    async (rig) => {
      await rig.start()
      await rig.sql("set session binlog_row_value_options = 'PARTIAL_JSON'; update item set j = json_set(j, '$.b', 2)")
      expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_BINLOG_UNREADABLE', message: expect.stringContaining('JSON') })
      await mysql.query("set global binlog_row_value_options = 'PARTIAL_JSON'")
      rig.begin()
      try {
        expect(await rig.failure()).toMatchObject({
          code: 'SOURCE_MYSQL_SETTING',
          message: expect.stringContaining('binlog_row_value_options'),
        })
      } finally {
        await mysql.query("set global binlog_row_value_options = ''")
      }
    },
  ))

test('short images of rows are understood: what an update leaves out is unchanged', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1), (2, 'b', 2)`, async (rig) => {
    await rig.start()
    await rig.sql(
      "set session binlog_row_image = MINIMAL; update item set amount = 9 where id = 1; update item set id = 22 where id = 2; delete from item where id = 22; insert into item values (3, 'all', 3)",
    )
    await same(rig, 'item')
  }))

test('a table that stopped is accepted and read anew while the stream goes on', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1), (2, 'b', 2); create table beside (id int primary key)`, async (rig) => {
    await rig.start()
    await rig.sql(
      "alter table item drop column amount; insert into item values (3, 'c'); delete from item where id = 1; insert into beside values (1)",
    )
    await rig.caughtUp()
    expect(parkedTables(rig.reader, 'shop')).toMatchObject([{ stream: 'shop.item', what: 'a column was dropped' }])
    await acceptTable({ writer: rig.store, reader: rig.reader, source: 'shop', stream: 'shop.item' })
    for (let id = 10; parkedTables(rig.reader, 'shop').length > 0; id += 1) {
      await rig.sql(
        `insert into item values (${id}, 'n'); insert into beside values (${id}); update item set note = 'u' where id = ${id - 3}`,
      )
      await sleep(5)
    }
    await same(rig, 'item', 'beside')
    await rig.stop()
    await rig.sql('delete from item where id = 2')
    await rig.start()
    await same(rig, 'item')
  }))

test('rows that a foreign key changes park their table, and doctor tells of it before', () =>
  survive(
    `${ITEM}; create table child (id int primary key, item int, foreign key (item) references item (id) on delete cascade); insert into item values (1, 'a', 1); insert into child values (1, 1)`,
    async (rig) => {
      const findings = await inspectMysql({ project: 'rig', name: 'shop', config: rig.config })
      expect(findings.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(['foreign keys'])
      await rig.start()
      await rig.sql('delete from item where id = 1')
      await rig.caughtUp()
      expect(parkedTables(rig.reader, 'shop')).toMatchObject([{ stream: 'shop.child', what: expect.stringContaining('foreign key') }])
    },
  ))

test('a server that crashes and comes back loses nothing and repeats nothing', async () => {
  const own = await startMysql({ settings: { binlog_checksum: 'NONE', sync_binlog: 1, innodb_flush_log_at_trx_commit: 1 } })
  try {
    await survive(
      ITEM,
      async (rig) => {
        await rig.start()
        await rig.sql("insert into item values (1, 'a', 1)")
        await rig.caughtUp()
        await own.kill()
        await own.start()
        await rig.reconnect()
        await rig.sql("insert into item values (2, 'b', 2)")
        await same(rig, 'item')
        expect(rig.changes('shop.item')).toHaveLength(2)
      },
      { server: own },
    )
  } finally {
    await own.stop()
  }
})

test('after a failover to a replica the stream goes on there exactly; a server that lacks what was taken is refused', async () => {
  const replica = await startMysql({ settings: { server_id: 2 } })
  try {
    await survive(`${ITEM}; insert into item values (1, 'a', 1)`, async (rig) => {
      await replica.query(
        `change replication source to source_host = '127.0.0.1', source_port = ${mysql.port}, source_user = 'root', source_password = 'millrace', source_auto_position = 1, get_source_public_key = 1; start replica`,
      )
      await rig.start()
      await rig.sql("insert into item values (2, 'b', 2); update item set note = 'z' where id = 1")
      await rig.caughtUp()
      await rig.stop()
      await rig.sql("insert into item values (4, 'only here at first', 4)")
      const executed = async (server: DatabaseServer): Promise<unknown> =>
        (await server.query('select @@global.gtid_executed as gtid'))[0]?.['gtid']
      const last = await executed(mysql)
      await rig.until(async () => (await executed(replica)) === last, 50)
      await replica.query('stop replica; reset replica all')
      rig.server = replica
      await rig.reconnect()
      await rig.sql("insert into item values (5, 'there', 5)")
      await rig.start()
      await same(rig, 'item')
      expect(rig.changes('shop.item').filter(({ operation }) => operation === 'insert')).toHaveLength(4)
      await rig.stop()
      rig.server = mysql
      await rig.reconnect()
      rig.begin()
      expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_BINLOG_LOST' })
    })
  } finally {
    await replica.stop()
  }
})

test('what was purged before it was taken is told, and a rebuild finds the deletes', () =>
  survive(`${ITEM}; insert into item values (1, 'a', 1), (2, 'b', 2)`, async (rig) => {
    await rig.start()
    await rig.stop()
    await rig.sql("delete from item where id = 1; flush binary logs; insert into item values (3, 'c', 3)")
    const status = await rig.sql('show master status')
    await rig.sql(`purge binary logs to '${String(status[0]?.['File'])}'`)
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_BINLOG_LOST' })
    rig.reconfigure({ config: { whenLost: 'rebuild' } })
    await rig.start()
    await same(rig, 'item')
  }))

test('a user of the default authentication needs no more than is told, and what lacks is told', () =>
  survive(ITEM, async (rig) => {
    const url = mysql.urlFor({ user: `reader_${rig.database}`, password: 'its own', database: rig.database })
    rig.reconfigure({ config: { url } })
    const user = `\`reader_${rig.database}\`@'%'`
    await mysql.query(`create user ${user} identified by 'its own'; grant select on \`${rig.database}\`.* to ${user}`)
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_PERMISSION', hint: expect.stringContaining('GRANT REPLICATION SLAVE') })
    await mysql.query(`grant replication slave, replication client on *.* to ${user}`)
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_PERMISSION', hint: expect.stringContaining('GRANT RELOAD') })
    await mysql.query(`grant reload on *.* to ${user}`)
    await rig.start()
    await rig.sql("insert into item values (1, 'a', 1)")
    await same(rig, 'item')
  }))

/** The streams are what their tables hold now. */
async function same(rig: MysqlRig, ...tables: readonly string[]): Promise<void> {
  await rig.caughtUp()
  for (const table of tables) {
    const names = rig.reader.stream(`shop.${table}`).schema.columns.map(({ name }) => `\`${name}\``)
    const rows = await rig.sql(`select ${names.join(', ')} from ${table}`)
    const held = rows.map((row) =>
      Object.values(row)
        .map((value) => value ?? '~')
        .join('|'),
    )
    expect(rig.folded(`shop.${table}`), table).toEqual(held.sort())
  }
}
