import { assert } from '@millrace/base'
import { listParked } from '@millrace/capture'
import { Rig } from '@millrace/capture/rig'
import type { DrillCase } from '../drill-case.ts'

/** Values that broke somebody, by their type. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  numeric: ['NaN', 'Infinity', '-Infinity', '1.10', '12345678901234567890123456789012345678901234567890.000001'],
  'numeric(38,10)': ['9999999999999999999999999999.9999999999', '-0.0000000001'],
  bigint: ['9007199254740993', '-9223372036854775808'],
  'double precision': ['NaN', 'Infinity', '-0', '5e-324'],
  real: ['1.1', '-Infinity'],
  date: ['0044-03-15 BC', '5874897-12-31', 'infinity', '-infinity'],
  timestamp: ['4713-01-01 00:00:00 BC', '2026-02-28 23:59:59.999999', 'infinity'],
  timestamptz: ['0001-01-01 00:00:00+14 BC', '1900-01-01 00:00:00+00:19:32', '-infinity'],
  time: ['24:00:00', '12:34:56.789012'],
  interval: ['1 year 2 mons -3 days 04:05:06.789'],
  money: ['-1234.56'],
  uuid: ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
  bytea: [String.raw`\x00ff5c0a09`, ''],
  'mood[]': ['{sad,"it\'s \\"fine\\""}'],
  'other.mood': ['other'],
  pair: ['(1,"a b")', '(,)'],
  list_price: ['2.125'],
  'json[]': ['{"{\\"a\\": 1}"}'],
  jsonb: ['{"b": 1,  "a": [1.50, null]}'],
  tsvector: ["'a':1 'fat':2"],
  int4range: ['[1,5)', 'empty'],
  nummultirange: ['{[1.5,2),[3,)}'],
  point: ['(1.5,-2)'],
  xml: ['<a/>'],
  oid: ['4294967295'],
  inet: ['10.0.0.1/8'],
  'bit varying(9)': ['10101'],
  'text[]': ['{"a,b","",NULL,"NULL"}'],
  text: ['', String.raw`\N`, 'tab\tline\nback\\slash 🦆'],
}

const TYPES = `create type mood as enum ('sad', 'ok', 'it''s "fine"'); create type pair as (a int, b text);
  create domain price as numeric(10,3); create domain list_price as price; create schema other; create type other.mood as enum ('other');`

/** Each value three times: read from the table, sent whole, sent in pieces. */
export const values: DrillCase = {
  number: 13,
  name: 'a value from the snapshot is byte-equal to the same from the stream, whole or in pieces',
  needs: 'postgres',
  async run({ another }) {
    const postgres = await another()
    await postgres.query(`alter system set debug_logical_replication_streaming = 'immediate'`)
    const columns = Object.keys(VALUES).map((type, at) => `c${at} ${type}`)
    const table = `create table v (id int primary key, ${columns.join(', ')}, made text generated always as (c0::text || 'x') stored)`
    const rig = await Rig.open(postgres, `${TYPES} ${table}`)
    try {
      const rows = Math.max(...Object.values(VALUES).map((list) => list.length)) + 1
      const insert = async (offset: number): Promise<void> => {
        await rig.sql('begin')
        for (let row = 0; row < rows; row += 1) {
          const places = Object.keys(VALUES).map((type, at) => `$${at + 2}::text::${type}`)
          await rig.sql(`insert into v values ($1, ${places.join(', ')})`, [
            offset + row,
            ...Object.values(VALUES).map((list) => list[row] ?? null),
          ])
        }
        await rig.sql('commit')
      }
      await insert(0)
      await rig.start()
      await insert(1000)
      await rig.changed('shop.v', 2 * rows)
      await rig.stop()
      await postgres.query('select pg_reload_conf()')
      await rig.start()
      await insert(2000)
      const changes = await rig.changed('shop.v', 3 * rows)
      const cells = (id: number): string => {
        const change = changes.find(({ after }) => after[0] === id)
        assert(change !== undefined, `the row ${id} is there`)
        return change.after
          .slice(1)
          .map((cell) => `${typeof cell}:${Object.is(cell, -0) ? '-0' : String(cell)}`)
          .join('\n')
      }
      for (let row = 0; row < rows; row += 1) {
        assert(cells(row) === cells(1000 + row), `row ${row} is the same from the snapshot and from the stream`)
        assert(cells(row) === cells(2000 + row), `row ${row} is the same from the snapshot and in pieces`)
      }
      return { types: Object.keys(VALUES).length, values: Object.values(VALUES).flat().length, ways: 3 }
    } finally {
      await rig.close()
    }
  },
}

export const misfits: DrillCase = {
  number: 13,
  name: 'a value that its column cannot hold parks its row and what follows of its key, and nothing else',
  needs: 'postgres',
  async run({ postgres }) {
    const rig = await Rig.open(
      postgres,
      `create table v (id int primary key, amount numeric(6,2), at timestamp); insert into v values (1, 'NaN', null), (2, 2, null)`,
    )
    try {
      await rig.start()
      await rig.sql(`insert into v values (3, 3, null), (4, 'NaN', null), (5, 5, '294276-12-31 23:59:59'), (6, 6, null)`)
      await rig.sql('update v set amount = 1 where id in (1, 4); update v set amount = 7 where id = 6; update v set id = 44 where id = 4')
      await rig.sql('insert into v values (4, 0, null); delete from v where id = 44')
      await rig.changed('shop.v', 4)
      await rig.until(() => listParked(rig.reader, { limit: 100 }).length === 9)
      const parked = listParked(rig.reader, { limit: 100 }).map(
        ({ key, code, operation }) => `${key} ${operation} ${code === 'PARKED_BEHIND' ? 'behind' : 'bad'}`,
      )
      const expected = [
        '1 insert bad',
        '4 insert bad',
        '5 insert bad',
        '1 update behind',
        '4 update behind',
        '4 delete behind',
        '44 insert behind',
        '4 insert behind',
        '44 delete behind',
      ]
      assert(parked.join() === expected.join(), `parked in order: ${parked.join(', ')}`)
      const ids = rig.changes('shop.v').map(({ after }) => after[0])
      assert(ids.join() === '2,3,6,6', `the others flowed on: ${ids.join()}`)
      return { parked: parked.length, flowed: ids.length }
    } finally {
      await rig.close()
    }
  },
}
