import { startPostgres } from '@millrace/testing'
import pg from 'pg'
import { expect, test } from 'vitest'
import { openPostgres } from './read-postgres.ts'
import { translateTree } from './translate-tree.ts'

const VIEWS = [
  'select s from t order by s limit 2',
  "select * from t where s < 'b'",
  'select max(s) as last from t',
  "select greatest(s, 'b') as later from t",
  'select row_number() over (order by s) as place from t',
  "select string_agg(s, ',' order by s) as texts from t",
  'select s from t union select s from t order by 1 limit 2',
]

test('texts are ordered only where the database orders them by their bytes', async () => {
  const postgres = await startPostgres()
  try {
    await postgres.query("create database worded template template0 locale_provider icu icu_locale 'en-US'")
    const refused = await refusedIn(postgres.urlFor({ database: 'worded' }), VIEWS)
    expect(refused).toEqual(VIEWS.map(() => 'an order of texts'))
    // An order by which nothing is cut off is no part of what a view yields.
    expect(
      await refusedIn(postgres.urlFor({ database: 'worded' }), [
        'select s from t order by s',
        'select s from t union select s from t order by 1',
      ]),
    ).toEqual([null, null])
    expect(await refusedIn(postgres.url, VIEWS)).toEqual(VIEWS.map(() => null))
    expect(await refusedIn(postgres.urlFor({ database: 'worded' }), VIEWS, 'C')).toEqual(VIEWS.map(() => null))
  } finally {
    await postgres.stop()
  }
}, 60_000)

/** What stops each view, over a column with a collation of its own if one is given. */
async function refusedIn(url: string, views: readonly string[], collation?: string): Promise<(string | null)[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    `drop schema public cascade; create schema public; create table t (s text${collation === undefined ? '' : ` collate "${collation}"`})`,
  )
  for (const [at, view] of views.entries()) await client.query(`create view v${at} as ${view}`)
  await client.end()
  const database = await openPostgres(url)
  try {
    return translateTree({ catalog: database.catalog, source: 'erp', schemas: [] }).models.map(({ refusal }) => refusal?.construct ?? null)
  } finally {
    await database.close()
  }
}
