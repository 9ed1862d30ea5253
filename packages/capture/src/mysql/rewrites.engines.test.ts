/** Rows that change without an event: what the stream says is what the table holds, or the table has stopped. */
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MysqlRig } from './fixtures/mysql-rig.ts'
import { inspectMysql } from './inspect-mysql.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

interface Outcome {
  readonly stopped: string[]
  readonly told: string[]
  readonly held: string[]
}

/** What the stream `shop.t` tells after the statements, and what the table holds then. */
async function outcomeOf(rig: MysqlRig, statements: readonly string[]): Promise<Outcome> {
  await rig.start()
  for (const statement of statements) await rig.sql(statement)
  await rig.caughtUp()
  const stopped = String(rig.observation.evidence['stoppedTables']).split(', ')
  const told = rig.folded('shop.t')
  await rig.stop()
  rig.reconfigure({ config: { generation: 2 } })
  await rig.start()
  return { stopped, told, held: rig.folded('shop.t') }
}

const PARTITIONED =
  'create table t (id int primary key) partition by range (id) (partition a values less than (10), partition b values less than maxvalue)'

/** What it is, the table `$` with its rows, and the statements that change them without an event. */
const REWRITES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a shorter text without a strict mode',
    "create table $ (id int primary key, v varchar(20)); insert into $ values (1, 'abcdef')",
    ["set sql_mode = ''", 'alter table $ modify v varchar(3)'],
  ],
  [
    'NULLs that may not be without a strict mode',
    'create table $ (id int primary key, v int); insert into $ values (1, null)',
    ["set sql_mode = ''", 'alter table $ modify v int not null'],
  ],
  [
    'another character set without a strict mode',
    "create table $ (id int primary key, v varchar(9)) charset utf8mb4; insert into $ values (1, '☃')",
    ["set sql_mode = ''", 'alter table $ convert to character set latin1'],
  ],
  [
    'bytes that are filled up',
    "create table $ (id int primary key, v binary(2)); insert into $ values (1, 'ab')",
    ['alter table $ modify v binary(4)'],
  ],
  [
    'labels that are written otherwise',
    "create table $ (id int primary key, v enum('a', 'b')); insert into $ values (1, 'a')",
    ["alter table $ modify v enum('A', 'b')"],
  ],
  [
    'a label that came and is written otherwise',
    "create table $ (id int primary key, v enum('a')); insert into $ values (1, 'a')",
    ["alter table $ modify v enum('a', 'b')", "insert into $ values (2, 'b')", "alter table $ modify v enum('a', 'B')"],
  ],
  [
    'labels in another order',
    "create table $ (id int primary key, v set('a', 'b')); insert into $ values (1, 'a,b')",
    ["alter table $ modify v set('b', 'a')"],
  ],
  [
    'another expression',
    'create table $ (id int primary key, v int as (id + 1) stored); insert into $ (id) values (1)',
    ['alter table $ modify v int as (id + 2) stored'],
  ],
  [
    'a number that becomes a year',
    'create table $ (id int primary key, v smallint); insert into $ values (1, 5)',
    ['alter table $ modify v year'],
  ],
  [
    'a text that loses its spaces',
    "create table $ (id int primary key, v varchar(9)); insert into $ values (1, 'a  ')",
    ['alter table $ modify v char(9)'],
  ],
  [
    'NULLs that become times',
    'create table $ (id int primary key, v timestamp null); insert into $ values (1, null)',
    ['alter table $ modify v timestamp not null'],
  ],
  [
    'repeats that are left out',
    'create table $ (id int primary key, v int); insert into $ values (1, 2), (2, 2)',
    ['alter ignore table $ add unique (v)'],
  ],
  [
    'a partition that becomes a table',
    `${PARTITIONED.replace('table t', 'table $')}; insert into $ values (1), (20)`,
    ['alter table $ convert partition a to table split'],
  ],
]

test('case 14: a table whose rows change without an event stops', () =>
  survive(mariadb, REWRITES.map(([, tables], at) => tables.replaceAll('$', `t${at}`)).join('; '), async (rig) => {
    await rig.start()
    for (const [at, [, , statements]] of REWRITES.entries()) {
      await rig.sql('set sql_mode = default')
      for (const statement of statements) await rig.sql(statement.replaceAll('$', `t${at}`))
    }
    await rig.caughtUp()
    const stopped = String(rig.observation.evidence['stoppedTables']).split(', ')
    const told = REWRITES.map((_, at) => rig.folded(`shop.t${at}`))
    await rig.stop()
    rig.reconfigure({ config: { generation: 2 } })
    await rig.start()
    for (const [at, [what]] of REWRITES.entries()) {
      expect(told[at], what).not.toEqual(rig.folded(`shop.t${at}`))
      expect(stopped, what).toContain(`t${at}`)
    }
  }))

test('case 14: a table that is defined anew with the same values flows on', () =>
  survive(
    mariadb,
    "create table t (id int primary key, a varchar(10), b enum('a', 'b'), c datetime, d int); insert into t values (1, 'q', 'a', '2020-01-01', 5)",
    async (rig) => {
      const { stopped, told, held } = await outcomeOf(rig, [
        "alter table t modify a varchar(20) not null, modify b enum('a', 'b', 'c') default 'c', modify c datetime(3), change d d int default 7",
        "insert into t values (2, 'r', 'c', '2020-01-01 10:00:00.123', 6)",
        'alter table t modify a text, add index (d)',
      ])
      expect(stopped).toEqual([''])
      expect(told).toEqual(held)
      expect(held).toHaveLength(2)
    },
  ))

test('case 14: a table without a row may change in any way, and one that was dropped is followed again', () =>
  survive(mariadb, 'create table t (id int primary key, v int); insert into t values (1, 2)', async (rig) => {
    await rig.start()
    await rig.sql(
      'create table fresh (id int primary key); alter table fresh add column v int not null default 5, drop primary key, add primary key (v); insert into fresh values (1, 2)',
    )
    await rig.sql('alter table t drop column v')
    await rig.until(() => rig.observation.evidence['stoppedTables'] === 't')
    await rig.sql('drop table t; create table t (id int primary key, v int); insert into t values (3, 4)')
    await rig.caughtUp()
    expect(rig.observation).toMatchObject({ error: null, evidence: { stoppedTables: '' } })
    expect(rig.folded('shop.t')).toEqual(['3|4'])
    expect(rig.folded('shop.fresh')).toEqual(['1|2'])
  }))

test('case 14: a partition that is exchanged stops both tables', () =>
  survive(
    mariadb,
    `${PARTITIONED}; insert into t values (1), (20); create table u (id int primary key); insert into u values (2)`,
    async (rig) => {
      const { stopped } = await outcomeOf(rig, ['alter table t exchange partition a with table u'])
      expect(stopped).toEqual(['t', 'u'])
    },
  ))

test('a statement whose settings stand before it is read', () =>
  survive(mariadb, 'create table t (id int primary key); insert into t values (1)', async (rig) => {
    const { told } = await outcomeOf(rig, ['set statement max_statement_time = 10 for truncate table t', 'insert into t values (2)'])
    expect(told).toEqual(['2'])
  }))

const FAMILY = `create table p (id int primary key, code int unique, note text);
  create table t (id int primary key, p int, foreign key (p) references p (id) on delete set null);
  create table u (id int primary key, code int, foreign key (code) references p (code) on update cascade);
  create table v (id int primary key, u int, foreign key (u) references u (id) on delete cascade);
  create table w (id int primary key, p int, foreign key (p) references p (id));
  insert into p values (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'); insert into t values (1, 1), (2, 2); insert into u values (1, 10), (2, 20);
  insert into v values (1, 1), (2, 2); insert into w values (3, 3)`

/** The streams of the family that differ from their tables, and those that have stopped. */
async function familyAfter(rig: MysqlRig, statements: string): Promise<{ stopped: string[]; different: string[] }> {
  await rig.sql(statements)
  await rig.caughtUp()
  const stopped = String(rig.observation.evidence['stoppedTables']).split(', ').sort()
  const different: string[] = []
  for (const table of ['p', 't', 'u', 'v', 'w']) {
    const rows = await rig.sql(`select * from ${table}`)
    const held = rows
      .map((row) =>
        Object.values(row)
          .map((value) => value ?? '~')
          .join('|'),
      )
      .sort()
    if (JSON.stringify(held) !== JSON.stringify(rig.folded(`shop.${table}`).sort())) different.push(table)
  }
  return { stopped, different }
}

test('rows that a foreign key changes with those of another table stop theirs, and nothing else does', () =>
  survive(mariadb, FAMILY, async (rig) => {
    await rig.start()
    const harmless =
      "update p set note = 'x'; update p set id = 4 where id = 4; insert into p values (4, 40, 'd'); delete from w; insert into t values (3, 3)"
    expect(await familyAfter(rig, harmless)).toEqual({ stopped: [''], different: [] })
    expect(
      await familyAfter(rig, 'set session binlog_row_image = minimal; update p set note = null; set session binlog_row_image = full'),
    ).toEqual({ stopped: [''], different: [] })
    expect(await familyAfter(rig, 'update p set code = 11 where id = 1')).toEqual({ stopped: ['u', 'v'], different: ['u'] })
    await rig.stop()
    await rig.start()
    expect(await familyAfter(rig, 'delete from p where id = 3; insert into t values (9, null)')).toEqual({
      stopped: ['t', 'u', 'v'],
      different: ['t', 'u'],
    })
    await rig.sql(
      'create table made (id int primary key); create table child (id int primary key, m int, foreign key (m) references made (id)); insert into made values (1), (2)',
    )
    await rig.sql('insert into child values (1, 1); delete from made where id = 2')
    await rig.caughtUp()
    expect(String(rig.observation.evidence['stoppedTables']).split(', ').sort()).toEqual(['t', 'u', 'v'])
    await rig.sql(
      'alter table child add foreign key again (m) references made (id) on delete cascade, drop foreign key child_ibfk_1; rename table made to parents',
    )
    await rig.sql('delete from parents where id = 1')
    await rig.until(() => String(rig.observation.evidence['stoppedTables']).split(', ').includes('child'))
  }))

test('a table that is not captured stops those that change with it, too, and doctor tells of them before', () =>
  survive(
    mariadb,
    FAMILY,
    async (rig) => {
      const findings = await inspectMysql({ project: 'rig', name: 'shop', config: rig.config })
      expect(findings.find(({ check }) => check === 'foreign keys')).toMatchObject({
        ok: false,
        detail: expect.stringContaining(`u with ${rig.database}.p, v with ${rig.database}.u`),
        fix: expect.stringContaining('RESTRICT'),
      })
      await rig.start()
      await rig.sql('insert into p values (5, 50, null); insert into t values (5, 5)')
      await rig.caughtUp()
      expect(rig.observation.error).toBeNull()
      await rig.sql('delete from p where id = 5')
      await rig.until(() => rig.observation.evidence['stoppedTables'] === 't')
    },
    { config: { exclude: ['p'] } },
  ))

test('where the server does not tell the case of names apart, statements and the URL may write them in any', async () => {
  const own = await startMariadb({ settings: { lower_case_table_names: 1 } })
  try {
    await survive(
      own,
      'create table T (id int primary key); insert into t values (1), (2)',
      async (rig) => {
        const { stopped, told } = await outcomeOf(rig, [
          'truncate table T',
          'insert into T values (3)',
          'create table More (id int primary key)',
          'insert into MORE values (3)',
        ])
        expect(stopped).toEqual([''])
        expect(told).toEqual(['3'])
        expect(rig.folded('shop.more')).toEqual(['3'])
      },
      { database: 'Capitals' },
    )
  } finally {
    await own.stop()
  }
})

async function survive(
  server: Mariadb,
  tables: string,
  work: (rig: MysqlRig) => Promise<void>,
  options: Parameters<typeof MysqlRig.open>[2] = {},
): Promise<void> {
  const rig = await MysqlRig.open(server, tables, options)
  try {
    await work(rig)
  } finally {
    await rig.close()
  }
}
