import { expect, test } from 'vitest'
import type { GraphModel } from '../model/model.ts'
import { modelOf } from '../testing/model-of.ts'
import type { CacheEntry } from './check-cache.ts'
import { checkGraph } from './check-graph.ts'
import type { CheckedGraph, GraphRelation } from './checked-graph.ts'

const ORDERS: GraphRelation = {
  name: 'shop.orders',
  columns: [
    { name: 'id', type: 'INTEGER' },
    { name: 'customer', type: 'VARCHAR' },
    { name: 'amount', type: 'DECIMAL(12,2)' },
  ],
}

function check(models: readonly GraphModel[], cache = new Map<string, CacheEntry>(), orders = ORDERS): Promise<CheckedGraph> {
  return checkGraph({ models, relations: [orders], cache })
}

const TOTALS = 'select customer, sum(amount) as total from shop.orders group by customer'

test('models are bound after what they read, whatever their order', async () => {
  const { models, errors } = await check([
    modelOf('c', 'select * from b where total > 10'),
    modelOf('b', 'select * from "A"'),
    modelOf('a', TOTALS),
  ])
  expect(errors).toEqual([])
  expect([...models.keys()]).toEqual(['a', 'b', 'c'])
  expect(models.get('c')?.columns).toEqual([
    { name: 'customer', type: 'VARCHAR' },
    { name: 'total', type: 'DECIMAL(38,2)' },
  ])
})

test('a name that only looks like a reference does not make a circle', async () => {
  const { models, errors } = await check([
    modelOf('total', "select customer as b, 'from b' as note from shop.orders"),
    modelOf('b', 'select b.total from (select amount as total from shop.orders) b join total t on t.b is not null'),
  ])
  expect(errors).toEqual([])
  expect(models.get('b')?.inputs.toSorted()).toEqual(['shop.orders', 'total'])
})

test('all errors of a project are told at once, each with its place; what only follows from one is held back', async () => {
  const { models, errors, held } = await check([
    modelOf('typo', 'select amuont from shop.orders'),
    modelOf('lost', 'select *\nfrom nowhere'),
    modelOf('torn', 'select from from'),
    modelOf('two', 'select 1 as a; select 2 as a'),
    modelOf('wrong_type', 'select sum(customer) as s from shop.orders'),
    modelOf('x', 'select * from z'),
    modelOf('y', 'select * from x'),
    modelOf('z', 'select * from y'),
    modelOf('behind', 'select * from typo'),
    modelOf('further', 'select * from behind'),
    modelOf('off', '-- @disabled no to_char here\nselect to_char(1)'),
    modelOf('after_off', 'select * from off'),
    modelOf('good', TOTALS),
  ])
  expect([...models.keys()]).toEqual(['good'])
  expect(errors.map(({ code, details }) => [code, details['model'] ?? details['circle'], details['line']])).toEqual([
    ['SQL_BIND', 'typo', 1],
    ['SQL_BIND', 'lost', 2],
    ['SQL_PARSE', 'torn', 1],
    ['SQL_PARSE', 'two', 1],
    ['SQL_BIND', 'wrong_type', 1],
    ['MODEL_CYCLE', 'x → z → y → x', undefined],
  ])
  expect(errors[0]?.frame).toBe('1 | select amuont from shop.orders\n  |        ^')
  expect(Object.fromEntries([...held].map(([name, { reason }]) => [name, reason]))).toEqual({
    behind: 'it reads typo, which is not valid',
    further: 'it reads behind, which is not run',
    off: 'no to_char here',
    after_off: 'it reads off, which is not run',
  })
})

test('a name that is missing is told with the one of the project that was meant, not with one of DuckDB itself', async () => {
  const { errors } = await check([
    modelOf('totals', TOTALS),
    modelOf('b', 'select * from total'),
    modelOf('c', 'select * from nowhere_at_all'),
  ])
  expect(errors.map(({ details }) => details['problem'])).toEqual([
    'there is no stream or model total; did you mean totals?',
    'there is no stream or model nowhere_at_all',
  ])
})

test('two models of one name, whatever its case, and a model named as a stream, are errors', async () => {
  const { errors } = await check([modelOf('a', TOTALS), modelOf('A', TOTALS), modelOf('shop.orders', TOTALS)])
  expect(errors.map(({ code, details }) => [code, details['model']])).toEqual([
    ['MODEL_NAME_TAKEN', 'A'],
    ['MODEL_NAME_TAKEN', 'shop.orders'],
  ])
})

test.each([
  ['white space and comments', 'select  customer, -- who\n sum(amount) /* all */ as total\nfrom shop.orders group by customer;'],
  ['an alias of a table', 'select o.customer, sum(o.amount) as total from shop.orders as o group by o.customer'],
  [
    'an alias inside',
    'select k as customer, s as total from (select customer as k, sum(amount) as s from shop.orders group by 1)',
    'select who as customer, t as total from (select customer as who, sum(amount) as t from shop.orders group by 1)',
  ],
  [
    'the name of a common table, and one that nobody reads',
    'with p as (select 1), q as (from shop.orders) select id from q',
    'with r as (from shop.orders) select id from r',
  ],
  ['letters in another case', 'SELECT CUSTOMER as customer, SUM(Amount) as total FROM SHOP.Orders GROUP BY customer'],
])('a fingerprint is the meaning: %s does not change it', async (_what, sql, base = TOTALS) => {
  const [one, other] = [await check([modelOf('a', base)]), await check([modelOf('a', sql)])]
  expect(other.errors).toEqual([])
  expect(other.models.get('a')?.fingerprint).toBe(one.models.get('a')?.fingerprint)
})

test.each([
  ['another constant', "select customer || 'x' as c from shop.orders", "select customer || 'y' as c from shop.orders"],
  ['the name of a column', TOTALS, 'select customer, sum(amount) as summe from shop.orders group by customer'],
  ['a type', 'select amount from shop.orders', 'select amount::double as amount from shop.orders'],
  ['how it is kept', TOTALS, `-- @materialize view\n${TOTALS}`],
  ['DISTINCT', 'select customer from shop.orders', 'select distinct customer from shop.orders'],
  ['a text that looks like a plan', `select '"alias":"a",' as t`, `select '"alias":"b",' as t`],
])('a fingerprint is the meaning: %s changes it', async (_what, one, other) => {
  const fingerprint = async (sql: string): Promise<string | undefined> => (await check([modelOf('a', sql)])).models.get('a')?.fingerprint
  expect(await fingerprint(other)).not.toBe(await fingerprint(one))
})

test('an edit changes the fingerprints of those behind it, and of nobody else', async () => {
  const rest = [modelOf('b', 'select total from a'), modelOf('c', 'select * from b'), modelOf('d', TOTALS)]
  const before = await check([modelOf('a', TOTALS), ...rest])
  const after = await check([modelOf('a', `${TOTALS} having sum(amount) > 5`), ...rest])
  const changed = [...before.models.keys()].filter((name) => before.models.get(name)?.fingerprint !== after.models.get(name)?.fingerprint)
  expect(changed).toEqual(['a', 'b', 'c'])
})

test('what reads an edited model is not bound anew if the columns are as before, whatever their types and case', async () => {
  const cache = new Map<string, CacheEntry>()
  const columns = [
    "'x'::enum('x', 'it''s') as e",
    "{'a b': 1, 'l': [1.5]} as s",
    "map {'k': 1} as m",
    'amount::decimal(7,3) as "A ""quoted"" name"',
    "timestamptz '2024-01-01 00:00:00Z' as t",
    '[[1], null]::int[][] as lists',
    '[1, 2]::int[2] as fixed',
    "'{}'::json as j",
  ]
  const wide = (condition: string): GraphModel => modelOf('shop.Wide', `select ${columns.join(', ')} from shop.orders where ${condition}`)
  const readers = [modelOf('one', 'select * from shop.wide'), modelOf('two', 'select * from one')]
  expect((await check([wide('id > 1'), ...readers], cache)).bound).toBe(3)
  const edited = await check([wide('id > 2'), ...readers], cache)
  expect(edited.errors).toEqual([])
  expect(edited.bound).toBe(1)
})

test('models that wait for none of each other are told in one order, whichever was bound first', async () => {
  // Each second one takes no time, and of every ten two are wrong.
  const sqlOf = (at: number): string => {
    const columns = Array.from({ length: at % 2 === 0 ? 300 : 1 }, (_, column) => `id + ${column} as c${column}`)
    return `select ${columns.join(', ')}${at % 10 >= 8 ? ', lost' : ''} from shop.orders`
  }
  const many = Array.from({ length: 40 }, (_, at) => modelOf(`m${at}`, sqlOf(at)))
  const cache = new Map<string, CacheEntry>()
  const { models, errors } = await check(many, cache)
  expect([...models.keys()]).toEqual(many.map(({ name }) => name).filter((name) => !/[89]$/.test(name)))
  expect(errors.map(({ details }) => details['model'])).toEqual(['m8', 'm9', 'm18', 'm19', 'm28', 'm29', 'm38', 'm39'])
  expect([...(await check(many, cache)).models.keys()]).toEqual([...models.keys()])
})

test('a second check binds only what an edit can have changed, and finds the same', async () => {
  const cache = new Map<string, CacheEntry>()
  const rest = [modelOf('b', 'select total from a'), modelOf('c', 'select * from b')]
  const first = await check([modelOf('a', TOTALS), ...rest], cache)
  const again = await check([modelOf('a', TOTALS), ...rest], cache)
  expect([first.bound, again.bound]).toEqual([3, 0])
  expect([...again.models]).toEqual([...first.models])
  const rows = await check([modelOf('a', `${TOTALS} having sum(amount) > 5`), ...rest], cache)
  expect(rows.bound).toBe(1)
  const type = await check([modelOf('a', TOTALS.replace('sum(amount)', 'max(amount)')), ...rest], cache)
  expect(type.bound).toBe(3)
  expect([...type.models]).toEqual([...(await check([modelOf('a', TOTALS.replace('sum(amount)', 'max(amount)')), ...rest])).models])
  const column = await check([modelOf('a', 'select customer from shop.orders'), ...rest], cache)
  expect(column.errors.map(({ details }) => details['model'])).toEqual(['b'])
})

test('a column that a source drops is found in the models that read it, though their files are as they were', async () => {
  const cache = new Map<string, CacheEntry>()
  await check([modelOf('a', TOTALS)], cache)
  const { errors } = await check([modelOf('a', TOTALS)], cache, { ...ORDERS, columns: ORDERS.columns.slice(0, 2) })
  expect(errors.map(({ code, details }) => [code, details['model']])).toEqual([['SQL_BIND', 'a']])
})

test('a chain longer than any stack of calls is checked', async () => {
  const models = Array.from({ length: 400 }, (_, at) => modelOf(`m${at}`, at === 0 ? TOTALS : `select * from m${at - 1}`))
  const { models: sound } = await check(models.toReversed())
  expect(sound.size).toBe(400)
})
