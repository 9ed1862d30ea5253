/** Rows in binary form beside the same rows as text, from a real server. */
import { layoutOf, type Value, valueAt, type Vector, VectorBuilder } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTableFinder } from '../catalog/table-finder.ts'
import type { Table } from '../catalog/table.ts'
import { connect } from '../connect.ts'
import { type Chunk, planChunks } from '../fill/chunk-plan.ts'
import { ChunkReader } from '../fill/chunk-reader.ts'
import { parserOf } from '../parse/parser-of.ts'
import { pushRow } from '../pgoutput/tuple.ts'
import { type ColumnForm, type ColumnFormat, readForms } from './column-format.ts'
import { printedRows } from './printed-rows.ts'
import { RowReader } from './row-reader.ts'

let postgres: Postgres
beforeAll(async () => (postgres = await startPostgres()))
afterAll(() => postgres.stop())
beforeEach(() => postgres.query(`drop table if exists t; drop type if exists mood; create type mood as enum ('sad', 'it''s "fine"')`))

const ROWS = 3000

/** Per type, how a value of a row `i` is made: of all sizes, and a null now and then. */
const MADE: Readonly<Record<string, { readonly sql: string; readonly format: ColumnFormat }>> = {
  smallint: { sql: '(random() * 65535 - 32768)::int::smallint', format: 'int16' },
  int: { sql: '(random() * 4294967295 - 2147483648)::bigint::int', format: 'int32' },
  bigint: { sql: '((random() * 2 - 1) * power(2, (i % 63)))::numeric::bigint', format: 'int64' },
  boolean: { sql: 'random() < 0.5', format: 'boolean' },
  real: { sql: '((random() - 0.5) * power(10::numeric, i % 70 - 35)::float8)::real', format: 'float32' },
  'double precision': { sql: '(random() - 0.5) * power(10::numeric, i % 500 - 250)::float8', format: 'float64' },
  'numeric(12,2)': { sql: '((random() - 0.5) * power(10, i % 10))::numeric(12,2)', format: 'numeric' },
  'numeric(9,0)': { sql: '((random() - 0.5) * power(10, i % 10))::numeric(9,0)', format: 'numeric' },
  'numeric(20,9)': { sql: '((random() - 0.5) * power(10, i % 11))::numeric(20,9)', format: 'numeric' },
  'numeric(38,19)': {
    sql: `((random()::numeric - 0.5) * (10::numeric ^ (i % 18)) + random()::numeric / 10::numeric ^ (i % 19))::numeric(38,19)`,
    format: 'numeric',
  },
  'numeric(38,38)': { sql: '(random()::numeric / (10::numeric ^ (i % 30)))::numeric(38,38)', format: 'numeric' },
  numeric: { sql: '(random() * power(10, i % 40))::numeric', format: 'printed' },
  text: { sql: `repeat(chr(32 + i % 1000), i % 70)`, format: 'text' },
  'varchar(40)': { sql: 'md5(i::text)', format: 'text' },
  'char(9)': { sql: `left(i::text, 3)`, format: 'text' },
  json: { sql: `format('{"a":  %s}', i)::json`, format: 'text' },
  jsonb: { sql: `format('{"a":  %s, "ü": null}', i)::jsonb`, format: 'jsonb' },
  bytea: { sql: `decode(repeat(md5(i::text), i % 4), 'hex')`, format: 'bytes' },
  date: { sql: `date '2000-01-01' + ((random() * 2 - 1) * 10 ^ (i % 6))::int`, format: 'date' },
  time: { sql: `time '00:00' + random() * interval '1 day'`, format: 'time' },
  timestamp: { sql: `timestamp '2000-01-01' + (random() - 0.5) * 10 ^ (i % 5) * interval '400 days'`, format: 'timestamp' },
  timestamptz: { sql: `timestamptz '1970-01-01' + (random() - 0.5) * 10 ^ (i % 5) * interval '400 days'`, format: 'timestamp' },
  uuid: { sql: 'md5(random()::text)::uuid', format: 'uuid' },
  mood: { sql: `case when i % 2 = 0 then 'sad' else 'it''s "fine"' end::mood`, format: 'printed' },
  inet: { sql: `'10.0.0.0'::inet + i`, format: 'printed' },
  'int[]': { sql: 'array[i, null, -i]', format: 'printed' },
  '"char"': { sql: `'c'::"char"`, format: 'printed' },
}

interface Read {
  readonly vectors: readonly Vector[]
  /** What the rows would be as text. */
  readonly texts: (string | null)[][]
  readonly failure: unknown
}

/** All rows of the table, whose catalog is looked at before `meanwhile` alters it. */
async function read(
  isBinary: boolean,
  meanwhile?: string,
): Promise<Read & { readonly table: Table; readonly forms: readonly ColumnForm[] | null }> {
  const target = { name: 'shop', config: { kind: 'postgres', url: postgres.url, tables: ['t'] } } as const
  const connection = await connect(target, 'snapshot')
  const finder = await openTableFinder(target, 'shop')
  const table = (await finder.find(connection.query)).tables[0] as Table
  const forms = isBinary ? await readForms(connection.query, table, 1) : null
  const plan = await planChunks({ query: connection.query, table, where: null, done: [], chunkBlocks: 40, forms })
  if (typeof plan === 'string') throw new Error(plan)
  if (meanwhile !== undefined) await postgres.query(meanwhile)
  await connection.query('begin isolation level repeatable read')
  const result = await readChunks(new ChunkReader(connection), table, plan.chunks)
  connection.close()
  return { ...result, table, forms }
}

async function readChunks(reader: ChunkReader, table: Table, chunks: readonly Chunk[]): Promise<Read> {
  const { columns } = table.schema
  const builders = columns.map(({ type }) => new VectorBuilder(layoutOf(type)))
  const place = { source: 'shop', slot: 'shop', table: 't', column: 'c' }
  const parsers = columns.map(({ type }) => parserOf(type, place))
  const texts: (string | null)[][] = []
  let failure: unknown = null
  const queue = chunks.values()
  await reader.run(() => {
    const { value: chunk } = queue.next()
    if (chunk === undefined) return null
    return {
      table,
      chunk,
      onBegin: () => undefined,
      onRow: ({ buffer, cells }) => {
        texts.push(Array.from(cells.starts, (start, column) => (start < 0 ? null : buffer.toString('utf8', start, cells.ends[column]))))
        pushRow(buffer, cells, parsers, builders)
        return null
      },
      onRows: (rows) => {
        for (const { buffer, cells } of printedRows(rows, table.schema)) {
          texts.push(Array.from(cells.starts, (start, column) => (start < 0 ? null : buffer.toString('utf8', start, cells.ends[column]))))
        }
        expect(new RowReader(rows.forms, table.schema, parsers).read(rows, builders)).toBe(true)
        return null
      },
      onEnd: () => Promise.resolve(),
      onFailure: (error) => (failure = error),
    }
  })
  return { vectors: builders.map((builder) => builder.finish()), texts, failure }
}

function valuesOf(vector: Vector | undefined): (Value | undefined)[] {
  return vector === undefined ? [] : Array.from({ length: vector.values.length }, (_, row) => valueAt(vector, row))
}

test('a value in binary form is the same cell as its text, and can be told as that text', async () => {
  const types = Object.entries(MADE)
  await postgres.query(`create table t (id int primary key, ${types.map(([type], at) => `c${at} ${type}`).join(', ')})`)
  const cells = types.map(([, { sql }], at) => `case when (i + ${at}) % 11 > 0 then ${sql} end`)
  await postgres.query(`insert into t select i, ${cells.join(', ')} from generate_series(1, ${ROWS}) i`)
  const binary = await read(true)
  const text = await read(false)
  expect(binary.forms?.map(({ format }) => format)).toEqual(['int32', ...types.map(([, { format }]) => format)])
  expect(text.texts).toHaveLength(ROWS)
  for (const [at, { name, type, sourceType }] of binary.table.schema.columns.entries()) {
    const what = `${name} ${sourceType}`
    expect(valuesOf(binary.vectors[at]), what).toEqual(valuesOf(text.vectors[at]))
    // A float's text is not ours to print; it reads as the same number.
    const asTold = (row: (string | null)[]): unknown => (type.kind.startsWith('float') && row[at] !== null ? Number(row[at]) : row[at])
    if (type.kind !== 'float32') expect(binary.texts.map(asTold), what).toEqual(text.texts.map(asTold))
  }
})

test.each([
  ['numeric(6,2)', 'NaN', 'NaN'],
  ['timestamptz', '294276-12-31 23:59:59.999999Z', '294276-12-31 23:59:59.999999+00'],
  ['timestamp', '294247-01-10 04:00:54.775807', '294247-01-10 04:00:54.775807'],
])('a %s that no cell can hold is refused with its neighbours, and told as Postgres prints it: %s', async (type, value, told) => {
  await postgres.query(`create table t (id int primary key, c ${type}); insert into t values (1, null), (2, '${value}'), (3, null)`)
  const target = { name: 'shop', config: { kind: 'postgres', url: postgres.url, tables: ['t'] } } as const
  const connection = await connect(target, 'snapshot')
  const table = (await (await openTableFinder(target, 'shop')).find(connection.query)).tables[0] as Table
  const forms = await readForms(connection.query, table, 1)
  const plan = await planChunks({ query: connection.query, table, where: null, done: [], chunkBlocks: 40, forms })
  const chunks = typeof plan === 'string' ? [] : [...plan.chunks]
  await connection.query('begin isolation level repeatable read')
  const seen: unknown[] = []
  await new ChunkReader(connection).run(() => {
    const chunk = chunks.shift()
    if (chunk === undefined) return null
    return {
      table,
      chunk,
      onBegin: () => undefined,
      onRow: () => null,
      onRows: (rows) => {
        const builders = table.schema.columns.map((column) => new VectorBuilder(layoutOf(column.type)))
        seen.push(new RowReader(rows.forms, table.schema, []).read(rows, builders))
        for (const { buffer, cells } of printedRows(rows, table.schema)) {
          seen.push((cells.starts[1] ?? -1) < 0 ? null : buffer.toString('utf8', cells.starts[1], cells.ends[1]))
        }
        return null
      },
      onEnd: () => Promise.resolve(),
      onFailure: (error) => seen.push(error),
    }
  })
  connection.close()
  expect(seen).toEqual([false, null, told, null])
})

test.each(['alter table t drop column c; alter table t add column c text', 'alter table t alter column c type oid'])(
  'law 2: a column that became of another type is never read as what it was: %s',
  async (alter) => {
    await postgres.query('create table t (id int primary key, c int); insert into t select i, i from generate_series(1, 9) i')
    const { failure, texts } = await read(true, alter)
    expect(failure).toBe('rewritten')
    expect(texts).toEqual([])
  },
)

test('a key of floats, and a key by which rows are spread over partitions, come as the text that Postgres prints', async () => {
  await postgres.query('create table t (f float8, n int, primary key (f, n))')
  const target = { name: 'shop', config: { kind: 'postgres', url: postgres.url, tables: ['t'] } } as const
  const connection = await connect(target, 'control')
  const table = (await (await openTableFinder(target, 'shop')).find(connection.query)).tables[0] as Table
  const formats = async (partitions: number): Promise<unknown> =>
    (await readForms(connection.query, table, partitions))?.map(({ format }) => format) ?? null
  expect(await formats(1)).toEqual(['printed', 'int32'])
  expect(await formats(2)).toBeNull()
  connection.close()
})
