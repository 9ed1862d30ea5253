import { assert } from '@millrace/base'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'
import { readingsOf } from './readings.ts'

let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround()
  ground
    .model('sales', `select 1 as id, 'eu' as region, 7 as customer, date '2026-01-01' as day, 1.5 as amount`)
    .model('customers', 'select 7 as id, true as vip')
    .model('seen', '-- @materialize view\nselect id, region as area, customer, day from sales where amount > 0')
})

afterEach(() => ground.remove())

test.each([
  [`select id from sales where region = 'eu' and day >= '2026-01-01'`, ['day range', 'region equal']],
  [`select id from sales where region in ('eu', 'us') or day is null`, ['day equal', 'region equal']],
  [`select id from sales where day between '2026-01-01' and '2026-02-01' and region <> 'eu'`, ['day range']],
  [`select id from seen where area = 'eu'`, ['amount range', 'region equal']],
  ['select s.id from sales s left join customers c on s.customer = c.id', ['customer join']],
  ['select s.id from sales s, customers c where s.customer = c.id and vip', ['customer join']],
  ['select id from sales where customer in (select id from customers)', ['customer join']],
  [`with s as (select * from sales) select id from s where day = '2026-01-01' union all select id from s`, ['day equal']],
  ['select id from sales where amount + customer > 3', []],
  ['select sum(amount) as total from sales group by region', []],
])('what a model asks for of what it reads: %s', async (sql, touched) => {
  const { graph } = await ground.model('asked', sql).place()
  const reading = (await readingsOf(graph)).find(({ reader }) => reader === 'asked')
  expect(reading?.relations.has('sales')).toBe(true)
  expect(reading?.relations.has('seen')).toBe(false)
  const own = reading?.touches.filter(({ relation }) => relation === 'sales') ?? []
  expect(own.map(({ column, how }) => `${column} ${how}`).sort()).toEqual(touched)
})

test('a model that stays on a server asks there, and is read here as a table', async () => {
  const { graph } = await ground.model('asked', `select id from there where region = 'eu'`).model('there', 'select * from sales').place()
  const there = graph.models.get('there')
  assert(there !== undefined, 'the model is checked')
  const elsewhere = { ...there, model: { ...there.model, sql: 'select $$', settings: { ...there.model.settings, engine: 'warehouse' } } }
  const readings = await readingsOf({ ...graph, models: new Map([...graph.models, ['there', elsewhere]]) })
  expect(readings.map(({ reader }) => reader).sort()).toEqual(['asked', 'customers', 'sales'])
  expect(readings.find(({ reader }) => reader === 'asked')?.touches).toEqual([{ relation: 'there', column: 'region', how: 'equal' }])
})
