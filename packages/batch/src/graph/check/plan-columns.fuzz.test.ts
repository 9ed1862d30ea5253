import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openBindingSession } from './binding-session.ts'

const RUNS = 400

const expressions = ['id', 'grp', 'ID', '"Day"', 'price * 2', 'id % 2', 'upper(grp)', 's.id', 'cast(id as double)', "coalesce(grp, 'x')"]
const calls = ['count(*)', 'sum(id)', 'max("Day")', "string_agg(grp, ',')", 'row_number() over (order by id)', 'count(distinct grp)']
/** `#` is the place of the item. */
const names = ['', ' as k', ' as grp', ' as "K k"', ' as "0"', ' as é', ...Array.from({ length: 12 }, () => ' as c#')]

const item = fc.tuple(fc.constantFrom(...expressions, ...calls), fc.constantFrom(...names)).map((parts) => parts.join(''))
const query = fc
  .record({
    items: fc.array(item, { minLength: 1, maxLength: 4 }),
    from: fc.constantFrom('source s', '(select * from source) s', 'source s natural join (select id, 1 as z from source) z'),
    group: fc.constantFrom(
      '',
      ' group by all',
      ' group by 1',
      ' group by 1, 2',
      ' group by id, grp',
      ' group by k',
      ' group by upper(grp)',
    ),
    around: fc.constantFrom('', 'w'),
  })
  .map(({ items, from, group, around }) => {
    const list = items.map((text, at) => text.replace('#', String(at))).join(', ')
    const sql = `select ${list} from ${from}${group}`
    return around === '' ? sql : `with w as (${sql}) select w.*, 1 as one from w`
  })

test('whatever is selected and grouped by, the columns that a plan tells are those that DuckDB gives a table', async () => {
  const session = await openBindingSession()
  let told = 0
  let made = 0
  try {
    const columns = Object.entries({ id: 'BIGINT', grp: 'VARCHAR', Day: 'DATE', price: 'DECIMAL(10,2)' })
    await session.define({ name: 'source', columns: columns.map(([name, type]) => ({ name, type })) })
    await fc.assert(
      fc.asyncProperty(query, async (sql) => {
        const name = `m${(made += 1)}`
        const answer = await session.bind({ name, sql, wantsTable: false })
        if (answer.kind !== 'bound' || answer.columns === null) return
        told += 1
        await session.bind({ name, sql, wantsTable: true })
        expect(answer.columns).toEqual(await session.columnsOf(name))
      }),
      { numRuns: RUNS },
    )
  } finally {
    session.close()
  }
  expect(told).toBeGreaterThan(RUNS / 20)
})
