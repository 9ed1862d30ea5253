import { readFileSync } from 'node:fs'
import { type Value, valueToText } from '@millrace/core'
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MysqlRig } from './fixtures/mysql-rig.ts'
import { VALUE_CASES } from './fixtures/value-cases.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

async function zoned(rig: MysqlRig): Promise<void> {
  await rig.sql("set time_zone = '+02:00', sql_mode = 'ALLOW_INVALID_DATES'")
}

function text(rig: MysqlRig, value: Value | undefined): string {
  const type = rig.reader.stream('shop.v').schema.columns[1]!.type
  return value === null ? '~' : value === undefined ? 'absent' : valueToText(type, value)
}

test.each(VALUE_CASES)(
  'case 13: every %s is the same exact value from the snapshot, the stream and an update',
  async (type, literals, expected) => {
    const rig = await MysqlRig.open(mariadb, `create table v (id int primary key, x ${type}, y varchar(5) default '')`)
    try {
      await zoned(rig)
      const insert = (base: number): string =>
        `insert into v (id, x) values ${literals.map((literal, at) => `(${base + at}, ${literal})`).join(', ')}, (${base + 50}, null)`
      await rig.sql(insert(0))
      await rig.start()
      await rig.sql(insert(100))
      await rig.sql("update v set y = 'z' where id >= 100")
      await rig.caughtUp()
      const want = [...expected, '~']
      const changes = rig.changes('shop.v')
      const of = (operation: string, least: number): string[] =>
        changes
          .filter((change) => change.operation === operation && Number(change.after[0]) >= least && Number(change.after[0]) < least + 100)
          .map(({ after }) => text(rig, after[1]))
      expect(of('insert', 0)).toEqual(want)
      expect(of('insert', 100)).toEqual(want)
      expect(of('update', 100)).toEqual(want)
      expect(changes.filter(({ operation }) => operation === 'update').map(({ before }) => text(rig, before?.[1]))).toEqual(want)
    } finally {
      await rig.close()
    }
  },
)

test('case 13: generated columns have their values, stored and virtual, in the snapshot and the stream', async () => {
  const rig = await MysqlRig.open(
    mariadb,
    'create table v (id int primary key, s int as (id * 2) stored, w varchar(20) as (concat(id, "!")) virtual); insert into v (id) values (1)',
  )
  try {
    await rig.start()
    await rig.sql('insert into v (id) values (2)')
    const changes = await rig.changed('shop.v', 2)
    expect(changes.map(({ after }) => after)).toEqual([
      [1, 2, '1!'],
      [2, 4, '2!'],
    ])
  } finally {
    await rig.close()
  }
})

test('values that are no dates are counted in the evidence', async () => {
  const rig = await MysqlRig.open(
    mariadb,
    "set sql_mode = ''; create table v (id int primary key, d date not null); insert into v values (1, '0000-00-00')",
  )
  try {
    await rig.start()
    await rig.sql("insert into v values (2, '0000-00-00')")
    await rig.changed('shop.v', 2)
    await rig.until(() => rig.observation.evidence['zeroDates'] === 2)
    expect(rig.reader.stream('shop.v').schema.columns[1]).toMatchObject({ nullable: true, type: { kind: 'date' } })
  } finally {
    await rig.close()
  }
})

test('a column whose character set cannot be decoded exactly is refused by name', async () => {
  const rig = await MysqlRig.open(mariadb, 'create table v (id int primary key, j varchar(5) character set sjis)')
  try {
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_COLUMN_UNREADABLE', message: expect.stringContaining('sjis') })
    rig.reconfigure({ config: { exclude: ['v'] } })
    await rig.start()
  } finally {
    await rig.close()
  }
})

test('the cases above name every type that the readers know', () => {
  const source = readFileSync(new URL('./cell/text-cell.ts', import.meta.url), 'utf8')
  const known = ['decimal', 'float', 'double', 'bit', 'year', 'date', 'datetime', 'timestamp', 'uuid', 'json']
  for (const name of known) {
    expect(source).toContain(`'${name}'`)
    expect(VALUE_CASES.some(([type]) => type.startsWith(name))).toBe(true)
  }
})
