import { afterEach, beforeEach, expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'
import { graphUses } from './graph-uses.ts'

let ground: GraphGround

beforeEach(() => {
  ground = new GraphGround()
  ground
    .model('sales', `select 1 as id, 7::bigint as customer, 'eu' as region, 1.5 as amount`)
    .model('customers', 'select 7 as id, true as vip')
    .model('visits', 'select 7 as customer, 1 as page')
    .model('seen', '-- @materialize view\nselect id, customer as who from sales where amount > 0')
})

afterEach(() => ground.remove())

async function usesOf(sql: string): Promise<string[]> {
  const { graph } = await ground.model('asked', sql).place()
  const uses = await graphUses(graph, (name) => name === 'asked')
  return uses
    .map(({ does, relation, columns, with: other }) => {
      const against = other === null ? '' : ` with ${other.relation}.${other.columns.join()} (${other.yields})`
      return `${does} ${relation}.${columns.join()}${against}`
    })
    .toSorted()
}

const JOIN = ['join customers.id with sales.customer (pairs)', 'join sales.customer with customers.id (pairs)']

test.each([
  ['columns of different widths', 'select s.id from sales s join customers c on s.customer = c.id', JOIN],
  ['a condition above the join', 'select s.id from sales s, customers c where s.customer = c.id and c.vip', JOIN],
  ['a view, which is what it reads', 'select s.id from seen s left join customers c on s.who = c.id', JOIN],
  ['a table named in the query', 'with s as (select * from sales) select s.id from s join customers c on s.customer = c.id', JOIN],
  [
    'several columns',
    'select s.id from sales s join visits v on s.customer = v.customer and s.id = v.page and s.amount > v.page',
    ['join sales.customer,id with visits.customer,page (pairs)', 'join visits.customer,page with sales.customer,id (pairs)'],
  ],
  [
    'what finds one partner at most',
    'select id from sales where customer in (select id from customers)',
    ['join customers.id with sales.customer (other)', 'join sales.customer with customers.id (own)'],
  ],
  ['a key that is computed on one side', 'select s.id from sales s join customers c on s.customer = c.id + 1', ['join sales.customer']],
  ['groups', 'select region, customer, sum(amount) as a from sales group by 1, 2', ['group sales.region,customer']],
  [
    'groups of a sum over a join',
    'select c.vip, sum(s.amount) as a from sales s join customers c on s.customer = c.id group by 1',
    ['group customers.vip', ...JOIN],
  ],
  [
    'each grouping set',
    'select region, customer, count(*) as n from sales group by rollup (region, customer)',
    ['group sales.region', 'group sales.region,customer'],
  ],
  ['DISTINCT', 'select distinct customer from sales', ['group sales.customer']],
  ['windows', 'select id, row_number() over (partition by customer order by id) as n from sales', ['window sales.customer']],
  [
    'once what was grouped before, of which no more than a row is left for a value',
    'select t.customer from (select customer, count(*) as n from sales group by 1) t join customers c on c.id = t.customer',
    ['group sales.customer', 'join customers.id'],
  ],
  ['no expression', 'select customer % 10 as c, count(*) as n from sales group by 1', []],
  ['no constant', `select id from sales where region = 'eu'`, []],
])('of a model the keys are told by which it joins, groups and partitions: %s', async (_what, sql, expected) => {
  expect(await usesOf(sql)).toEqual(expected.toSorted())
})

test('only models that are wanted are bound', async () => {
  const { graph } = await ground.model('one', 'select distinct customer from sales').model('two', 'select distinct id from seen').place()
  expect((await graphUses(graph, (name) => name === 'two')).map(({ model }) => model)).toEqual(['two'])
})
