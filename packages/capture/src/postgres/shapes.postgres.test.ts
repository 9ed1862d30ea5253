import { type LogReader, changeAt, type Value } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { listParked } from '../parking/list-parked.ts'
import { Rig, type RigOptions } from './fixtures/rig.ts'

let postgres: Postgres
let rig: Rig
beforeAll(async () => (postgres = await startPostgres()))
afterAll(() => postgres.stop())
afterEach(() => rig.close())

async function open(tables: string, options: RigOptions = {}): Promise<void> {
  rig = await Rig.open(postgres, tables, options)
}

async function agrees(table: string, columns: string): Promise<string[]> {
  const truth = (await rig.sql(`select concat_ws('|', ${columns}) as row from ${table}`)).map(({ row }) => String(row)).sort()
  await rig.until(() => rig.folded(`shop.${table}`).join('\n') === truth.join('\n'))
  return truth
}

test('a truncate of several tables, and what follows it in its transaction, keep their order', async () => {
  await open(
    `create table a (id int primary key); create table b (id int primary key, a int references a); create table c (id int primary key);
     insert into a values (1); insert into b values (1, 1); insert into c values (1)`,
  )
  await rig.start()
  await rig.sql(
    'begin; insert into a values (2); truncate a cascade; insert into a values (1), (3); truncate c; insert into c values (9); truncate c; commit',
  )
  await rig.sql('insert into b values (5, 3)')
  expect(await agrees('a', 'id')).toEqual(['1', '3'])
  expect(await agrees('b', 'id, a')).toEqual(['5|3'])
  expect(await agrees('c', 'id')).toEqual([])
})

test('law 1: rows that follow a truncate of their transaction are there, in whichever partition of the stream they lie', async () => {
  await open('create table a (id int primary key); insert into a select g from generate_series(1, 40) g', { partitions: 4 })
  await rig.start()
  await rig.sql(
    'begin; insert into a values (100); truncate a; insert into a select g from generate_series(1, 20) g; delete from a where id > 15; commit',
  )
  await rig.sql('begin; truncate a; truncate a; insert into a select g from generate_series(10, 60) g; commit')
  expect(await agrees('a', 'id')).toHaveLength(51)
})

test('partitions published by themselves or through their root: moves between them keep each row once', async () => {
  await open(
    `create table m (id int, region text, note text, primary key (id, region)) partition by list (region);
     create table m_a partition of m for values in ('a'); create table m_b partition of m for values in ('b');
     insert into m select g, 'a', 'n' from generate_series(1, 10) g`,
  )
  await rig.start()
  await rig.sql(`update m set region = 'b' where id <= 5; update m set note = 'moved' where region = 'b'; delete from m_b where id = 1`)
  await rig.sql(
    `create table m_c partition of m for values in ('c'); insert into m values (11, 'c', null); update m set region = 'c' where id = 6; truncate m_b`,
  )
  expect(await agrees('m', `id, region, coalesce(note, '~')`)).toHaveLength(6)
})

test('a row whose key moves to another partition of its stream is there once, whatever is read first', async () => {
  await open('create table a (id int primary key, note text)', { partitions: 4 })
  await rig.start()
  await rig.sql(
    'begin; insert into a select g, repeat($$x$$, 10) from generate_series(1, 200) g; update a set id = -id; update a set id = id - 1000 where id % 3 = 0; commit',
  )
  await rig.until(() => rig.reader.extents('shop.a').reduce((sum, { next }) => sum + next, 0) >= 400)
  const truth = (await rig.sql('select id from a')).map(({ id }) => Number(id)).sort((left, right) => left - right)
  expect(foldByPartition(rig.reader, 'shop.a')).toEqual(truth)
})

test('a large value that is not told of a row that moves to another partition parks the row, and FULL identity tells it', async () => {
  await open(
    `create table a (id int primary key, body text); create table b (id int primary key, body text); alter table b replica identity full;
     alter table a alter body set storage external; alter table b alter body set storage external`,
    { partitions: 4 },
  )
  await rig.start()
  for (const table of ['a', 'b'])
    await rig.sql(`insert into ${table} select g, repeat('x', 9000) from generate_series(1, 8) g; update ${table} set id = -id`)
  await rig.until(() => foldByPartition(rig.reader, 'shop.b').every((id) => id < 0) && foldByPartition(rig.reader, 'shop.b').length === 8)
  const parked = listParked(rig.reader, { limit: 100 })
  expect(new Set(parked.map(({ stream, code }) => `${stream} ${code}`))).toEqual(new Set(['shop.a CAPTURE_VALUE_UNTOLD']))
  expect(parked[0]?.reason).toContain('its column body was not told')
  expect(parked.map(({ operation }) => operation).slice(0, 2)).toEqual(['delete', 'insert'])
})

test('children by inheritance are tables of their own; two tables of one name keep apart', async () => {
  await open(
    `create table parent (id int primary key); create table child (extra int, primary key (id)) inherits (parent);
     create schema other; create table other.parent (id int primary key, note text)`,
    { config: { tables: ['parent', 'child', 'other.parent'] } },
  )
  await rig.start()
  await rig.sql(
    `insert into parent values (1); insert into child values (2, 20); insert into other.parent values (3, 'o'); delete from only parent`,
  )
  await rig.until(
    () => rig.folded('shop.other__parent').length === 1 && rig.folded('shop.child').length === 1 && rig.changes('shop.parent').length === 2,
  )
  expect(rig.folded('shop.parent')).toEqual([])
  expect(rig.folded('shop.child')).toEqual(['2|20'])
  expect(rig.folded('shop.other__parent')).toEqual(['3|o'])
})

test('a table without a key whose whole rows are told keeps as many of each as there are', async () => {
  await open('create table a (id int, body text); alter table a replica identity full; alter table a alter body set storage external')
  await rig.start()
  await rig.sql(
    `insert into a values (1, repeat('x', 9000)), (1, repeat('x', 9000)), (2, null); update a set id = 3 where id = 1; delete from a where id = 2`,
  )
  const changes = await rig.changed('shop.a', 6)
  const large = 'x'.repeat(9000)
  expect(changes.slice(3, 5)).toMatchObject([
    { operation: 'update', after: [3, large], before: [1, large] },
    { operation: 'update', after: [3, large], before: [1, large] },
  ])
  expect(changes[5]).toMatchObject({ operation: 'delete', after: [2, null] })
})

test('a key that is itself large enough to be stored apart is told whole, moved or not', async () => {
  await open(
    'create table a (code text primary key, body text, n int); alter table a alter code set storage external; alter table a alter body set storage external',
  )
  await rig.start()
  const long = (letter: string): string => letter.repeat(2400)
  await rig.sql(`begin; insert into a values ($$${long('k')}$$, repeat('b', 9000), 1); update a set n = 2; commit`)
  await rig.sql(`update a set n = 3; update a set code = $$${long('m')}$$; update a set n = 4`)
  expect(await agrees('a', 'code, body, n')).toHaveLength(1)
  await rig.sql('delete from a')
  expect(await agrees('a', 'code, body, n')).toEqual([])
})

/** Keys after all changes, each partition read to its end before the next, as a reader may. */
function foldByPartition(reader: LogReader, stream: string): number[] {
  const rows = new Set<Value | undefined>()
  for (let partition = 0; partition < reader.stream(stream).partitions; partition += 1) {
    for (const stored of reader.read(stream, { partition })) {
      const batch = stored.batch()
      for (let row = 0; row < batch.count; row += 1) {
        const { operation, after, before } = changeAt(batch, row)
        const old = before?.[0] ?? after[0]
        if (operation !== 'insert') rows.delete(old)
        if (operation === 'insert' || operation === 'update') rows.add(after[0])
      }
    }
  }
  return [...rows].map(Number).sort((left, right) => left - right)
}
