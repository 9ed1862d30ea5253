/** What the catalog tells of changes that no message of the stream does: against a real server. */
import { startPostgres, type Postgres } from '@millrace/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect, type Connection } from '../connect.ts'
import { sameSignature } from '../schema-change/same-signature.ts'
import type { Table } from './table.ts'
import { openTableFinder, type TableFinder } from './table-finder.ts'
import { joinedParts, silentChange } from './table-signature.ts'

let postgres: Postgres
let control: Connection
let finder: TableFinder

beforeAll(async () => {
  postgres = await startPostgres()
  const target = { name: 'shop', config: { kind: 'postgres', url: postgres.url, tables: ['shop.*'] } } as const
  control = await connect(target, 'control')
  finder = await openTableFinder(target, 'shop')
})

afterAll(async () => {
  control.close()
  await postgres.stop()
})

beforeEach(async () => {
  await postgres.query(`drop schema if exists shop cascade; create schema shop; set search_path = shop;
    create type mood as enum ('sad', 'glad'); create domain positive as int check (value > 0); create type place as (x int, y int);
    create table t (id bigint primary key, size int, note text, m mood, p positive, at place, many mood[]);
    insert into t values (1, 1, 'a', 'sad', 1, '(1,2)', '{sad}');
    create table parted (id int primary key, note text) partition by range (id);
    create table p1 partition of parted for values from (1) to (10); insert into parted values (1, 'a')`)
})

async function found(name: string): Promise<Table> {
  const table = (await finder.find(control.query)).tables.find(({ tableName }) => tableName === name)
  if (table === undefined) throw new Error(`${name} was not found`)
  return table
}

test.each([
  ['alter table t add column more int default 5', 'default'],
  ['alter table t add column more int not null default 5', 'default'],
  ['alter table t add column more uuid default gen_random_uuid()', 'rewritten'],
  ['alter table t alter column size type bigint', 'rewritten'],
  ["alter table t alter column size type int using size * 2, alter column note type varchar(9) using 'b'", 'rewritten'],
  ["alter type mood rename value 'sad' to 'blue'", 'printed'],
  ['alter type place add attribute z int', 'printed'],
  ['drop table t; create table t (id bigint primary key)', 'another table'],
  ['alter table t rename to old; create table t (id bigint primary key)', 'another table'],
])('%s changes rows in silence, and that is found: %s', async (statement, told) => {
  const before = await found('t')
  expect(await sameSignature(control.query, before)).toBe(true)
  await postgres.query(statement)
  expect(silentChange(before.signature, (await found('t')).signature)).toContain(told)
  if (!told.includes('another')) expect(await sameSignature(control.query, before)).toBe(false)
})

test.each([
  'alter table t add column more int',
  'alter table t drop column note',
  'alter table t rename column note to remark',
  "alter type mood add value 'mad'",
  'alter domain positive add constraint small check (value < 1000)',
  'alter table t alter column note set default $$x$$, alter column size set not null, alter column note set storage external',
  'vacuum full t',
  'truncate t',
  'alter table t replica identity full',
  'create index on t (note)',
  "update t set note = 'b'",
  'analyze t',
])('%s changes no row in silence', async (statement) => {
  const before = await found('t')
  await postgres.query(statement)
  expect(silentChange(before.signature, (await found('t')).signature)).toBe(null)
})

test('a partition that joins is named, and one that leaves took its rows along', async () => {
  const before = await found('parted')
  await postgres.query('create table p2 partition of parted for values from (10) to (20)')
  const joined = await found('parted')
  expect(silentChange(before.signature, joined.signature)).toBe(null)
  expect(joinedParts(before.signature, joined.signature)).toHaveLength(1)
  await postgres.query('alter table parted detach partition p1')
  expect(silentChange(joined.signature, (await found('parted')).signature)).toContain('detached')
})

test('what is wrong with one table is told beside the others', async () => {
  await postgres.query('create table nameless (note text); create view v as select 1; create unlogged table u (id int primary key)')
  const { tables, refused } = await finder.find(control.query)
  expect(tables.map(({ tableName }) => tableName)).toEqual(['parted', 't'])
  expect(refused).toMatchObject([{ name: 'shop.nameless', stream: 'shop.shop__nameless', error: { code: 'SOURCE_TABLE_IDENTITY' } }])
})

test('ten thousand columns are read in a few seconds at most', async () => {
  const columns = Array.from({ length: 20 }, (_, at) => `c${at} text`).join(', ')
  await postgres.query(
    `do $$ begin for i in 1..500 loop execute format('create table w%s (id int primary key, ${columns})', i); end loop; end $$`,
  )
  const beganMs = performance.now()
  expect((await finder.find(control.query)).tables).toHaveLength(502)
  expect(performance.now() - beganMs).toBeLessThan(6000)
})
