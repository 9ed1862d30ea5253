import { readFileSync } from 'node:fs'
import { type Value, valueToText } from '@millrace/core'
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MysqlRig } from './fixtures/mysql-rig.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

/** Type, the literals that are inserted, and the values as text that they must become; `~` is NULL. */
const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['tinyint', ['-128', '127', '0'], ['-128', '127', '0']],
  ['tinyint unsigned', ['255', '128'], ['255', '128']],
  ['smallint', ['-32768', '32767'], ['-32768', '32767']],
  ['smallint unsigned', ['65535'], ['65535']],
  ['mediumint', ['-8388608', '8388607', '-1'], ['-8388608', '8388607', '-1']],
  ['mediumint unsigned', ['16777215'], ['16777215']],
  ['int', ['-2147483648', '2147483647', '-1'], ['-2147483648', '2147483647', '-1']],
  ['int unsigned', ['4294967295'], ['4294967295']],
  ['int(6) unsigned zerofill', ['42'], ['42']],
  [
    'bigint',
    ['-9223372036854775808', '9223372036854775807', '-1', '9007199254740993'],
    ['-9223372036854775808', '9223372036854775807', '-1', '9007199254740993'],
  ],
  ['bigint unsigned', ['18446744073709551615', '9007199254740992', '0'], ['18446744073709551615', '9007199254740992', '0']],
  ['decimal(10,2)', ['-12345678.90', '0', '99999999.99', '-0.01'], ['-12345678.90', '0.00', '99999999.99', '-0.01']],
  ['decimal(5,5)', ['0.12345', '-0.00001'], ['0.12345', '-0.00001']],
  ['decimal(18,0)', ['-999999999999999999'], ['-999999999999999999']],
  [
    'decimal(38,10)',
    ['-9999999999999999999999999999.9999999999', '1.0000000001'],
    ['-9999999999999999999999999999.9999999999', '1.0000000001'],
  ],
  [
    'decimal(65,30)',
    ['-99999999999999999999999999999999999.999999999999999999999999999999', '0', '-0.000000000000000000000000000001'],
    [
      '-99999999999999999999999999999999999.999999999999999999999999999999',
      '0.000000000000000000000000000000',
      '-0.000000000000000000000000000001',
    ],
  ],
  [
    'float',
    ['0.1', '-3.4028234e38', '16777217', '1e-40', '-0.0'],
    [String(Math.fround(0.1)), String(Math.fround(-3.4028234e38)), '16777216', String(Math.fround(1e-40)), '0'],
  ],
  ['float(7,3)', ['1234.567'], [String(Math.fround(1234.567))]],
  [
    'double',
    ['0.1', '1.7976931348623157e308', '5e-324', '123456789.123456789'],
    ['0.1', '1.7976931348623157e+308', '5e-324', '123456789.12345679'],
  ],
  ['double(10,3)', ['1234567.891'], ['1234567.891']],
  ['bit(1)', ["b'1'", "b'0'"], ['true', 'false']],
  ['bit(9)', ["b'101010101'", "b'0'"], ['341', '0']],
  ['bit(64)', ["x'ffffffffffffffff'"], ['18446744073709551615']],
  ['year', ['2026', '1901', '2155', '0'], ['2026', '1901', '2155', '0']],
  [
    'date',
    ["'2026-11-21'", "'1000-01-01'", "'9999-12-31'", "'1969-12-31'", "'0000-00-00'", "'2026-00-10'", "'2026-02-31'"],
    ['2026-11-21', '1000-01-01', '9999-12-31', '1969-12-31', '~', '~', '~'],
  ],
  [
    'datetime',
    ["'2026-11-21 12:34:56'", "'0000-00-00 00:00:00'", "'9999-12-31 23:59:59'", "'1000-01-01 00:00:00'"],
    ['2026-11-21 12:34:56', '~', '9999-12-31 23:59:59', '1000-01-01 00:00:00'],
  ],
  [
    'datetime(6)',
    ["'2026-11-21 12:34:56.123456'", "'1969-12-31 23:59:59.999999'", "'9999-12-31 23:59:59.999999'"],
    ['2026-11-21 12:34:56.123456', '1969-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'],
  ],
  ['datetime(3)', ["'2026-11-21 12:34:56.123'"], ['2026-11-21 12:34:56.123']],
  ['datetime(1)', ["'2026-11-21 12:34:56.5'"], ['2026-11-21 12:34:56.5']],
  [
    'timestamp null',
    ["'2026-11-21 12:34:56'", "'1970-01-01 03:00:01'", "'2038-01-19 05:14:07'", "'0000-00-00 00:00:00'", 'null'],
    ['2026-11-21 10:34:56+00', '1970-01-01 01:00:01+00', '2038-01-19 03:14:07+00', '~', '~'],
  ],
  ['timestamp(6) null', ["'2026-11-21 12:34:56.654321'"], ['2026-11-21 10:34:56.654321+00']],
  ['timestamp(2) null', ["'2026-11-21 12:34:56.65'"], ['2026-11-21 10:34:56.65+00']],
  ['time', ["'12:34:56'", "'-838:59:59'", "'838:59:59'", "'-00:00:01'"], ['12:34:56', '-838:59:59', '838:59:59', '-00:00:01']],
  [
    'time(6)',
    ["'-838:59:59.999999'", "'-00:00:00.000001'", "'100:00:00.5'", "'00:00:00'"],
    ['-838:59:59.999999', '-00:00:00.000001', '100:00:00.500000', '00:00:00.000000'],
  ],
  ['time(1)', ["'-00:00:00.1'", "'23:59:59.9'"], ['-00:00:00.1', '23:59:59.9']],
  ['time(3)', ["'-01:00:00.001'"], ['-01:00:00.001']],
  ['char(5)', ["'ab'", "''", "'ünï'", "'a  '"], ['ab', '', 'ünï', 'a']],
  ['char(255)', ["repeat('é', 255)"], ['é'.repeat(255)]],
  ['varchar(10)', ["'a  '", "'🦆'"], ['a  ', '🦆']],
  ['varchar(300)', ["repeat('x', 300)"], ['x'.repeat(300)]],
  ['varchar(10) character set latin1', ["'é€'", "_latin1 x'8190'"], ['é€', '\u0081\u0090']],
  ['varchar(10) character set latin2', ["'łž'"], ['łž']],
  ['varchar(10) character set cp1251', ["'жук'"], ['жук']],
  ['varchar(10) character set ascii', ["'abc'"], ['abc']],
  ['varchar(10) character set utf16', ["'añ🦆'"], ['añ🦆']],
  ['char(10) character set utf16', ["'añ '"], ['añ']],
  ['varchar(10) character set utf16le', ["'añ🦆'"], ['añ🦆']],
  ['varchar(10) character set utf32', ["'añ🦆'"], ['añ🦆']],
  ['char(10) character set ucs2', ["'añ'"], ['añ']],
  ['varchar(10) character set utf8mb3', ["'añ'"], ['añ']],
  ['text', ["repeat('long', 5000)", "''"], ['long'.repeat(5000), '']],
  ['tinytext character set latin1', ["'é'"], ['é']],
  ['longtext', ["repeat('y', 70000)"], ['y'.repeat(70_000)]],
  ['json', [`'{"b": 1, "a": [1.50, null, "é"]}'`], ['{"b": 1, "a": [1.50, null, "é"]}']],
  ['binary(4)', ["x'01'", "x'00ff0000'", "x''"], [String.raw`\x01000000`, String.raw`\x00ff0000`, String.raw`\x00000000`]],
  ['varbinary(10)', ["x'00ff00'", "x''"], [String.raw`\x00ff00`, String.raw`\x`]],
  ['blob', ["x'00ff'", "repeat(x'ab', 3)"], [String.raw`\x00ff`, String.raw`\xababab`]],
  ['longblob', ["repeat(x'01', 100000)"], [`\\x${'01'.repeat(100_000)}`]],
  ["enum('small','läRge','')", ["'small'", "'läRge'", "''", "'nosuch'"], ['small', 'läRge', '', '']],
  ["enum('é','z') character set latin1", ["'é'"], ['é']],
  ["set('a','b','é')", ["'a,é'", "''", "'b'"], ['a,é', '', 'b']],
  ["set('s0','s1','s2','s3','s4','s5','s6','s7','s8','s9')", ["'s9,s0'"], ['s0,s9']],
  [
    'uuid',
    ["'123e4567-e89b-12d3-a456-426655440000'", "'f47ac10b-58cc-4372-a567-0e02b2c3d479'", "'018f3c2e-0000-7000-8000-000000000000'"],
    ['123e4567-e89b-12d3-a456-426655440000', 'f47ac10b-58cc-4372-a567-0e02b2c3d479', '018f3c2e-0000-7000-8000-000000000000'],
  ],
  ['inet4', ["'192.168.0.1'", "'0.0.0.0'"], ['192.168.0.1', '0.0.0.0']],
  [
    'inet6',
    ["'::1'", "'::'", "'2001:db8::ff00:42:8329'", "'::ffff:1.2.3.4'", "'1:0:0:2:0:0:0:3'", "'::1.2.3.4'", "'1:2:3:4:5:6:7:0'"],
    ['::1', '::', '2001:db8::ff00:42:8329', '::ffff:1.2.3.4', '1:0:0:2::3', '::1.2.3.4', '1:2:3:4:5:6:7::'],
  ],
  ['point', ['point(1,2)'], [String.raw`\x00000000010100000000000000` + '0000f03f0000000000000040']],
]

async function zoned(rig: MysqlRig): Promise<void> {
  await rig.sql("set time_zone = '+02:00', sql_mode = 'ALLOW_INVALID_DATES'")
}

function text(rig: MysqlRig, value: Value | undefined): string {
  const type = rig.reader.stream('shop.v').schema.columns[1]!.type
  return value === null ? '~' : value === undefined ? 'absent' : valueToText(type, value)
}

test.each(CASES)(
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
    expect(CASES.some(([type]) => type.startsWith(name))).toBe(true)
  }
})
