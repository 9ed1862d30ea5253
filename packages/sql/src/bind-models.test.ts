import type { Schema, Type } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { bindModels, type BoundModel } from './bind-models.ts'
import type { TableDefinition } from './create-tables.ts'

const int64: Type = { kind: 'int64' }
const text: Type = { kind: 'text' }
const price: Type = { kind: 'decimal', width: 10, scale: 2 }

function table(name: string, columns: Readonly<Record<string, Type>>, key: readonly number[] = [0]): TableDefinition {
  const schema: Schema = { columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, nullable: true })), key }
  return { name, schema }
}

const streams = [
  table('shop.orders', { id: int64, customer_id: int64, note: text }),
  table('shop.items', { id: int64, order_id: int64, price }),
  table('shop.events', { moment: int64, what: text }, []),
  table('shop.Mixed "case"', { 'the "key"': int64 }),
]

async function bind(models: Readonly<Record<string, string>>): Promise<Awaited<ReturnType<typeof bindModels>>> {
  return await bindModels({ models: Object.entries(models).map(([name, sql]) => ({ name, sql })), streams })
}

async function bindOne(sql: string): Promise<BoundModel> {
  const { bound, errors } = await bind({ model: sql })
  expect(errors).toEqual([])
  return bound[0] as BoundModel
}

describe('bindModels', () => {
  it('a model has the columns and types that DuckDB gives its SQL', async () => {
    const { schema, inputs } = await bindOne('select order_id, sum(price) as total, count(*) as items from shop.items group by order_id')
    expect(schema).toEqual({
      columns: [
        { name: 'order_id', type: { kind: 'int64' }, nullable: true },
        { name: 'total', type: { kind: 'decimal', width: 38, scale: 2 }, nullable: true },
        { name: 'items', type: { kind: 'int64' }, nullable: true },
      ],
      key: [0],
    })
    expect(inputs).toEqual(['shop.items'])
  })

  it('JSON stays JSON, through a join and an aggregate too', async () => {
    const { bound } = await bindModels({
      models: [{ name: 'model', sql: 'select o.id, o.body, max(p.body) as last from docs o join docs p on p.id = o.id group by all' }],
      streams: [table('docs', { id: int64, body: { kind: 'json' } })],
    })
    expect(bound[0]?.schema.columns.map(({ type }) => type.kind)).toEqual(['int64', 'json', 'json'])
  })

  it('models come in an order in which each follows those it reads', async () => {
    const { bound, errors } = await bind({ c: 'select * from b', b: 'select * from a', a: 'select id from shop.orders' })
    expect(errors).toEqual([])
    expect(bound.map((model) => model.name)).toEqual(['a', 'b', 'c'])
  })

  it('names are found whatever their case and quotes', async () => {
    const { inputs } = await bindOne('select "THE ""KEY""" from SHOP."mixed ""CASE"""')
    expect(inputs).toEqual(['shop.Mixed "case"'])
  })

  it('SQL that looks like the end of a literal stays inside it', async () => {
    const { schema } = await bindOne("select 'it''s' as a, id from shop.orders where note <> '''); drop schema shop; --'")
    expect(schema.columns.map((column) => column.name)).toEqual(['a', 'id'])
  })

  it('every error of every model is told at once, each with its file and place', async () => {
    const { bound, errors } = await bind({
      typo: 'selec 1',
      column: 'select\n  idd\nfrom shop.orders',
      table: 'select * from shop.order',
      good: 'select id from shop.orders',
    })
    expect(bound.map((model) => model.name)).toEqual(['good'])
    expect(errors.map((error) => [error.code, error.details['file'], error.details['line'], error.details['column']])).toEqual([
      ['SQL_PARSE', 'models/typo.sql', 1, 1],
      ['SQL_BIND', 'models/column.sql', 2, 3],
      ['SQL_BIND', 'models/table.sql', 1, 15],
    ])
    expect(errors[1]?.frame).toBe('1 | select\n2 |   idd\n  |   ^')
    expect(errors[2]?.message).toContain('there is no stream or model order; did you mean shop.orders?')
  })

  it('a place is counted in characters, not in bytes', async () => {
    const { errors } = await bind({ model: "select 'é€😀', idd from shop.orders" })
    expect(errors[0]?.details['column']).toBe("select 'é€😀', ".length + 1)
  })

  it('a circle of models is named, and the others are still bound', async () => {
    const { bound, errors } = await bind({ a: 'select * from b', b: 'select * from a', c: 'select id from shop.orders' })
    expect(errors.map((error) => error.code)).toEqual(['MODEL_CYCLE'])
    expect(errors[0]?.details['circle']).toBe('a → b → a')
    expect(bound.map((model) => model.name)).toEqual(['c'])
  })

  it('a name is given once', async () => {
    const { errors } = await bind({ Totals: 'select id from shop.orders', totals: 'select 1 as one' })
    expect(errors.map((error) => error.code)).toEqual(['MODEL_NAME_TAKEN'])
  })

  it('a model over a broken model says so', async () => {
    const { errors } = await bind({ above: 'select * from below', below: 'select nothing from shop.orders' })
    expect(errors.map((error) => error.details['model'])).toEqual(['below', 'above'])
    expect(errors[1]?.message).toContain('the model below is not valid')
  })

  it.each([
    ['select id from shop.orders limit 3%', 'LIMIT by percent'],
    ['select id from shop.orders limit (select max(id) from shop.items)', 'LIMIT of an expression'],
    ['select a.id from shop.orders a asof right join shop.orders b on a.id >= b.id', 'an ASOF join of kind RIGHT'],
    [
      'select a.id from shop.orders a asof join shop.orders b on a.id >= b.id and a.note <> b.note',
      'an ASOF join with a further condition',
    ],
    [
      "select id, w from (select id, string_split(note, ',') as l from shop.orders) o left join unnest(o.l) as u(w) on w > 'b'",
      'a lateral join of this shape',
    ],
    ['select fill(id) over (order by id) as n from shop.orders', 'the window function fill'],
    ['select lag(id, customer_id) over (order by id) as n from shop.orders', 'the window function lag with a number that differs by row'],
    [
      'select lag(id order by note) over (order by id) as n from shop.orders',
      'the window function lag with an ORDER BY among its arguments',
    ],
    [
      'select arbitrary(note) filter (where id > 1) over (order by id) as n from shop.orders',
      'the window function arbitrary with a FILTER',
    ],
    ['select max(id) over (order by id rows customer_id preceding) as n from shop.orders', 'a window frame whose offset differs by row'],
    ['select max(id) over (order by id range customer_id preceding) as n from shop.orders', 'a window frame whose offset differs by row'],
    ['select product(id) as p from shop.orders', 'the aggregate product'],
    ['select approx_count_distinct(id) as n from shop.orders', 'the aggregate approx_count_distinct'],
    ['select approx_quantile(id, 0.5) as q from shop.orders', 'the aggregate approx_quantile'],
    ['select histogram(id::double) as h from shop.orders', 'histogram of floats'],
    ['select histogram(id, [1, 2]) as h from shop.orders', 'the aggregate histogram of 2 arguments'],
    ['select max(id, customer_id) as m from shop.orders', 'max of a number of values that is not written'],
    ['select arg_min(id, customer_id, 0) as m from shop.orders', 'arg_min of a number of values that is not written'],
    ['select first(id) as f from shop.orders', 'first without an ORDER BY'],
    ['select mode(id order by customer_id) as m from shop.orders', 'mode with an ORDER BY of something else'],
    ['select corr(distinct id, customer_id) as c from shop.orders', 'corr of DISTINCT pairs'],
    ['select [id] <> any (select [order_id] from shop.items) as x from shop.orders', 'ANY or ALL over lists, structs or maps'],
    ["select id from shop.orders where {'a': id} > all (select {'a': order_id} from shop.items)", 'ANY or ALL over lists, structs or maps'],
    ['select id from shop.orders where (id, customer_id) not in (select order_id, id from shop.items)', 'IN over several columns'],
    ['select avg(to_days(id::int)) as a from shop.orders', 'an order of values of type INTERVAL'],
    ['select localtimestamp as t, id from shop.orders', 'the function current_localtimestamp, whose value is that of the moment,'],
    ['select id from shop.orders where current_localtime() is null', 'the function current_localtime, whose value is that of the moment,'],
    ['select get_type(id) as t from shop.orders', 'a column of a type without values'],
    ['select keyword_name from duckdb_keywords()', 'the table function duckdb_keywords'],
    ['create table x (a int)', 'a statement other than SELECT'],
    ['select id from shop.orders; select 1', 'a second statement'],
    ['select id from shop.orders where id = ?', 'a parameter'],
    ['select $1 as x from shop.orders', 'a parameter'],
    ['pivot shop.orders on note using count(*)', 'PIVOT over values that are not written out'],
    ['describe shop.orders', 'a statement about tables, such as DESCRIBE'],
    ['select to_days(id::int) as i, count(*) as n from shop.orders group by 1', 'GROUP BY of values of type INTERVAL'],
    ['select note collate nocase as n, count(*) as c from shop.orders group by 1', 'GROUP BY of text with a collation'],
  ])('%s is refused by the name of what is not supported', async (sql, construct) => {
    const { errors } = await bind({ model: sql })
    expect(errors.map((error) => error.code)).toEqual(['SQL_UNSUPPORTED'])
    expect(errors[0]?.details['construct']).toContain(construct)
    expect(errors[0]?.hint).toContain('millrace check')
  })

  it('of a value without a type it is told how to give it one', async () => {
    const { errors } = await bind({ model: "select {'n': null} as x from shop.orders" })
    expect(errors[0]?.details['instead']).toContain('NULL::VARCHAR')
  })

  it.each([
    'select id, id from shop.orders',
    'select id, note as "ID" from shop.orders',
    'select * from shop.orders o join shop.items i on i.order_id = o.id',
  ])('%s is refused for its namesakes, and other models are bound', async (sql) => {
    const { bound, errors } = await bind({ model: sql, other: 'select id from shop.orders' })
    expect(errors.map(({ code }) => code)).toEqual(['SQL_BIND'])
    expect(String(errors[0]?.details['problem'])).toMatch(/two of its columns are named id/i)
    expect(bound.map(({ name }) => name)).toEqual(['other'])
  })

  it('a construct whose place the plan does not tell is found in the SQL', async () => {
    const { errors } = await bind({ model: "select id -- limit\nfrom shop.orders where note <> 'limit'\n  limit 3%" })
    expect(errors[0]?.details).toMatchObject({ line: 3, column: 3 })
    expect(errors[0]?.frame).toContain('3 |   limit 3%\n  |   ^')
  })

  it('a file of this machine cannot be read', async () => {
    const { errors } = await bind({ model: "select * from read_csv('/etc/hostname')" })
    expect(errors).toHaveLength(1)
  })
})

describe('fingerprints', () => {
  it('do not change with white space, comments or the names within', async () => {
    const first = await bindOne('select o.id, count(*) as n from shop.orders o group by o.id')
    const second = await bindOne('-- orders\nSELECT x.id,\n  COUNT(*) AS n FROM shop.orders AS x GROUP BY 1')
    expect(second.fingerprint).toBe(first.fingerprint)
  })

  it('change with the meaning, and with that of a model below', async () => {
    const first = await bindOne('select id from shop.orders where id > 1')
    const second = await bindOne('select id from shop.orders where id > 2')
    expect(second.fingerprint).not.toBe(first.fingerprint)
    const before = await bind({ a: 'select id from shop.orders where id > 1', b: 'select id from a' })
    const after = await bind({ a: 'select id from shop.orders where id > 2', b: 'select id from a' })
    expect(after.bound[1]?.fingerprint).not.toBe(before.bound[1]?.fingerprint)
  })
})

describe('the key of a model', () => {
  it.each([
    ['select id, note from shop.orders', [0]],
    ['select note, id from shop.orders where id > 3', [1]],
    ['select note from shop.orders', []],
    ['select note, count(*) as n from shop.orders group by note', [0]],
    ['select count(*) as n, note from shop.orders group by note', [1]],
    ['select count(*) as n from shop.orders', []],
    ['select distinct note, customer_id from shop.orders', [0, 1]],
    ['select i.id, o.note from shop.items i join shop.orders o on o.id = i.order_id', [0]],
    ['select i.id, o.note from shop.items i left join shop.orders o on o.id = i.order_id', [0]],
    ['select o.id, i.id as item from shop.orders o left join shop.items i on i.order_id = o.id', [0, 1]],
    ['select id from shop.orders union all select id from shop.items', []],
    ['select id from shop.orders union select id from shop.items', [0]],
    ['select o.id, o.note, count(*) as n from shop.orders o join shop.items i on i.order_id = o.id group by o.id, o.note', [0]],
    ['select i.id, o.note, max(price) as p from shop.items i left join shop.orders o on o.id = i.order_id group by o.note, i.id', [0]],
    ['select o.note, i.price, count(*) as n from shop.items i join shop.orders o on o.id = i.order_id group by o.note, i.price', [0, 1]],
    ['select o.note, o.id + 1 as next, count(*) as n from shop.orders o group by o.note, o.id + 1', [0, 1]],
    ['select moment, what from shop.events', []],
    ['select note from shop.orders order by id limit 1', []],
    ['select note, id from shop.orders order by note limit 3', [1]],
    ['select distinct on (note) note, customer_id from shop.orders order by note, id', [0]],
    ['select what, moment, row_number() over (partition by what order by moment) as n from shop.events', [0, 2]],
    ['select id, sum(id) over (order by id) as n from shop.orders', [0]],
    ['select a.id, b.id as other from shop.orders a asof left join shop.items b on a.id >= b.id', [0]],
    ['select id from shop.orders except all select order_id from shop.items', [0]],
    ['select id from shop.orders where exists (select 1 from shop.items where order_id = shop.orders.id)', [0]],
  ])('%s is %j', async (sql, key) => {
    expect((await bindOne(sql)).schema.key).toEqual(key)
  })
})
