/** Where Postgres itself puts rows is where we say that it puts them. */
import { seededRandom } from '@millrace/base'
import type { Type } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Key, placementOf } from './placement.ts'

const SHARDS = 13
const DAY = 86_400_000_000

let postgres: Postgres

beforeAll(async () => {
  postgres = await startPostgres()
})

afterAll(async () => {
  await postgres.stop()
})

interface Case {
  readonly column: string
  readonly type: Type
  /** As SQL writes it, and as it lies in a stream. */
  readonly values: readonly (readonly [string, Key[number]])[]
}

const random = seededRandom(7)
const wholes = (bits: number): readonly (readonly [string, number])[] =>
  Array.from({ length: 200 }, () => Math.trunc((random.next() - 0.5) * 2 ** (1 + random.below(bits)))).map((value) => [
    String(value),
    value,
  ])

const CASES: readonly Case[] = [
  {
    column: 'int2',
    type: { kind: 'int16' },
    values: [
      ['-32768', -32_768],
      ['0', 0],
      ['32767', 32_767],
    ],
  },
  { column: 'int4', type: { kind: 'int32' }, values: wholes(32) },
  {
    column: 'int8',
    type: { kind: 'int64' },
    values: [...wholes(53), ['-9223372036854775808', -9_223_372_036_854_775_808n], ['9223372036854775807', 9_223_372_036_854_775_807n]],
  },
  {
    column: 'text',
    type: { kind: 'text' },
    values: ['', 'a', 'é', 'twelve bytes', 'thirteen byte', 'x'.repeat(1000)].map((text) => [`'${text}'`, text]),
  },
  {
    column: 'bool',
    type: { kind: 'boolean' },
    values: [
      ['true', true],
      ['false', false],
    ],
  },
  { column: 'uuid', type: { kind: 'uuid' }, values: [["'01234567-89ab-cdef-0123-456789abcdef'", '01234567-89ab-cdef-0123-456789abcdef']] },
  {
    column: 'bytea',
    type: { kind: 'bytes' },
    values: [
      ["'\\x00ff10'", new Uint8Array([0, 255, 16])],
      ["''", new Uint8Array(0)],
    ],
  },
  {
    column: 'date',
    type: { kind: 'date' },
    values: [
      ["'1970-01-01'", 0],
      ["'2026-02-28'", 20_512],
      ["'1969-12-31'", -1],
    ],
  },
  { column: 'time', type: { kind: 'time' }, values: [["'00:00:01.5'", 1_500_000]] },
  {
    column: 'timestamp',
    type: { kind: 'timestamp' },
    values: [
      ["'1970-01-02 00:00:00.000001'", DAY + 1],
      ["'1900-01-01'", -25_567 * DAY],
    ],
  },
  { column: 'timestamptz', type: { kind: 'timestamptz' }, values: [["'2026-02-28 00:00:00+00'", 20_512 * DAY]] },
  {
    column: 'float8',
    type: { kind: 'float64' },
    values: [
      ['1.5', 1.5],
      ["'-0'", -0],
      ['0', 0],
      ["'NaN'", Number.NaN],
      ["'-Infinity'", -Infinity],
      ['0.1', 0.1],
    ],
  },
  {
    column: 'float4',
    type: { kind: 'float32' },
    values: [
      ['1.5', 1.5],
      ['0.1', Math.fround(0.1)],
    ],
  },
  {
    column: 'numeric(20,6)',
    type: { kind: 'decimal', width: 20, scale: 6 },
    values: [
      ['0', 0],
      ['1', 1_000_000],
      ['0.000001', 1],
      ['-10000', -10_000_000_000],
      ['12345678.9', 12_345_678_900_000],
      ['0.0001', 100],
      ['99999999999999.999999', 99_999_999_999_999_999_999n],
    ],
  },
]

async function partitionsOf(types: readonly string[], rows: readonly string[]): Promise<number[]> {
  await postgres.query('drop table if exists parted')
  const columns = types.map((type, at) => `k${at} ${type}`)
  const parts = Array.from(
    { length: SHARDS },
    (_, at) => `create table parted_${at} partition of parted for values with (modulus ${SHARDS}, remainder ${at})`,
  )
  await postgres.query(
    `create table parted (id int, ${columns.join(', ')}) partition by hash (${types.map((_, at) => `k${at}`).join(', ')}); ${parts.join('; ')}`,
  )
  await postgres.query(`insert into parted values ${rows.map((row, at) => `(${at}, ${row})`).join(', ')}`)
  const placed = await postgres.query<{ part: string }>('select tableoid::regclass::text as part from parted order by id')
  return placed.map(({ part }) => Number(part.slice('parted_'.length)))
}

function shardsOf(types: readonly Type[], keys: readonly Key[]): readonly number[] {
  const placement = placementOf({ engine: 'postgres', columns: types.map((type) => ({ type })), shards: SHARDS })
  return keys.map((key) => placement?.shardOf(key) ?? Number.NaN)
}

it.each(CASES)('a row with a key of type $column lies where Postgres puts it', async ({ column, type, values }) => {
  const placed = await partitionsOf([column], [...values.map(([sql]) => sql), 'null'])
  expect(shardsOf([type], [...values.map(([, value]) => [value]), [null]])).toEqual(placed)
})

it('a key of several columns, some of them NULL, lies where Postgres puts it', async () => {
  const texts = ['a', 'b', null]
  const numbers = [1, -1, 4_000_000_000, null]
  const keys = texts.flatMap((text) => numbers.map((number): Key => [text, number, null]))
  const sql = keys.map(([text, number]) => `${text === null ? 'null' : `'${String(text)}'`}, ${String(number)}, null`)
  const types: readonly Type[] = [{ kind: 'text' }, { kind: 'int64' }, { kind: 'date' }]
  expect(shardsOf(types, keys)).toEqual(await partitionsOf(['text', 'int8', 'date'], sql))
})

it('Citus cuts the hashes of Postgres without a seed into even ranges', async () => {
  const values = wholes(53).map(([, value]) => value)
  const hashes = await postgres.query<{ hash: number }>(
    `select hashint8(v) as hash from unnest(array[${values.join(',')}]::int8[]) with ordinality u(v, n) order by n`,
  )
  const placement = placementOf({ engine: 'citus', columns: [{ type: { kind: 'int64' } }], shards: 32 })
  expect(values.map((value) => placement?.shardOf([value]))).toEqual(hashes.map(({ hash }) => Math.floor((hash + 2 ** 31) / 2 ** 27)))
})
