/** Law 3 for models by interval: whatever changes, a version equals what the SQL yields on the same rows. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GraphGround } from '../testing/graph-ground.ts'

/** More in a nightly run: `FUZZ_RUNS=100`. */
const RUNS = process.env['FUZZ_RUNS'] === undefined ? null : Number(process.env['FUZZ_RUNS'])

const SHAPES: Readonly<Record<string, string>> = {
  rows: 'select ts as day, shop, amount from a',
  groups: 'select ts::date as day, shop, sum(amount)::int as n from a group by all',
  truncated: "select date_trunc('day', ts) as day, count(*) as n, max(amount) as most from a group by all having count(*) > 1",
  later: 'select (ts + interval 1 day)::date as day, amount from a',
  joined: 'select a.ts as day, b.amount from a join b using (shop)',
  same_day: 'select a.ts::date as day, b.amount, a.shop from a join b on a.ts::date = b.ts::date',
  same_time: 'select a.ts as day, b.amount, b.shop from a left join b on a.ts = b.ts',
  outer: 'select coalesce(a.ts, b.ts) as day, a.amount as one, b.amount as other from a full join b on a.ts = b.ts and a.shop = b.shop',
  itself: 'select one.ts as day, other.amount from a one join a other on one.shop = other.shop and other.ts < one.ts',
  running: 'select ts as day, sum(amount) over (order by ts, shop, amount)::int as n from a',
  ranked: 'select ts::date as day, amount, row_number() over (partition by ts::date order by amount, shop) as n from a',
  known: 'select ts as day, shop from a where exists (select 1 from b where b.shop = a.shop)',
  missing: 'select ts as day, shop, amount from a where amount not in (select amount from b where b.ts::date = a.ts::date)',
  scalar: 'select ts as day, (select max(amount) from a) as most, amount from a',
  both: 'select ts as day, amount from a union all select ts, -amount from b',
  except_all: 'select ts as day, shop from a except select ts, shop from b',
  common:
    'with c as (select ts::date as day, sum(amount)::int as n from a group by all) select one.day, one.n, other.n as before from c one left join c other on other.day = one.day - 1',
  limited: 'select ts as day, amount from a order by amount desc, ts, shop limit 3',
}

const row = fc.record({
  day: fc.integer({ min: 1, max: 6 }),
  hour: fc.integer({ min: 0, max: 1 }),
  shop: fc.constantFrom('A', 'B', 'C'),
  amount: fc.integer({ min: 0, max: 9 }),
})
const table = fc.array(row, { maxLength: 8 })
const history = fc.array(fc.record({ a: table, b: table }), { minLength: 3, maxLength: 4 })
type Rows = readonly { readonly day: number; readonly hour: number; readonly shop: string; readonly amount: number }[]

/** The first row gives the columns their types. */
const csv = (rows: Rows): string =>
  [
    'ts,shop,amount',
    '2026-01-09 00:00:00,Z,1',
    ...rows.map(({ day, hour, shop, amount }) => `2026-01-0${day} 0${hour}:00:00,${shop},${amount}`),
    '',
  ].join('\n')

test('law 3: after any changes a model by interval equals the same SQL computed whole', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const ground = new GraphGround()
      try {
        for (const [name, sql] of Object.entries(SHAPES))
          ground.model(`${name}_kept`, `-- @materialize incremental\n-- @interval day day\n${sql}`).model(`${name}_whole`, sql)
        for (const { a, b } of steps) {
          ground.seed('a', csv(a)).seed('b', csv(b))
          const { errors } = await ground.run()
          expect(errors).toEqual([])
          for (const name of Object.keys(SHAPES))
            expect([name, await ground.rows(`from ${name}_kept order by all`)]).toEqual([
              name,
              await ground.rows(`from ${name}_whole order by all`),
            ])
        }
      } finally {
        ground.remove()
      }
    }),
    RUNS === null ? { numRuns: 1, seed: 5 } : { numRuns: RUNS },
  )
}, 3_600_000)
