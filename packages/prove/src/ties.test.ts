import type { StreamDefinition } from '@millrace/core'
import { bindModels } from '@millrace/sql'
import { expect, test } from 'vitest'
import { tiesFor } from './ties.ts'

const GAMES: StreamDefinition = {
  name: 'shop.games',
  kind: 'table',
  partitions: 1,
  schema: {
    columns: [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'team', type: { kind: 'text' }, nullable: true },
      { name: 'score', type: { kind: 'int32' }, nullable: true },
    ],
    key: [0],
  },
}

async function tiesOfSql(models: Readonly<Record<string, string>>, name: string): Promise<readonly string[]> {
  const { bound, errors } = await bindModels({
    models: Object.entries(models).map(([model, sql]) => ({ name: model, sql })),
    streams: [GAMES],
  })
  expect(errors).toEqual([])
  return tiesFor(bound, name)
}

test.each([
  ['select id, score from shop.games order by score limit 3', ['LIMIT of m']],
  ['select id, score from shop.games order by score, id limit 3', []],
  ['select score from shop.games order by score limit 3', []],
  ['select distinct on (team) team, id from shop.games order by score', ['the first rows of a key of m']],
  ['select distinct on (team) team, id from shop.games order by score, id', []],
  ['select id, row_number() over (partition by team order by score) as n from shop.games', ['row_number of m']],
  ['select id, row_number() over (partition by team order by score, id) as n from shop.games', []],
  ['select id, rank() over (order by score) as n, sum(score) over (order by score) as s from shop.games', []],
  [
    'select id, sum(score) over (order by score rows 1 preceding) as s, lag(id) over (order by team) as l from shop.games',
    ['lag of m', 'sum of m'],
  ],
  ['select team, list(id) as l from shop.games group by team', ['list of m']],
  ['select team, list(id order by score, id) as l, string_agg(team) as t from shop.games group by team', []],
  ['select team, list(score order by id) as l, any_value(id order by score) as a from shop.games group by team', ['any_value of m']],
  ['select team, arg_max(id, score) as best, max(score) as s from shop.games group by team', ['arg_max of m']],
  ['select team, mode(score) as s from shop.games group by team', ['mode of m']],
  ['select id, (select max(score) from shop.games) as most from shop.games', []],
  ['select a.id, b.id as other from shop.games a asof join shop.games b on a.score >= b.score', ['ASOF JOIN of m']],
  ['select a.id, b.score from shop.games a asof join shop.games b on a.id >= b.id', []],
])('an order that may not tell rows apart is named: %s', async (sql, expected) => {
  expect((await tiesOfSql({ m: sql }, 'm')).toSorted()).toEqual(expected)
})

test('what a model reads may have ties too', async () => {
  const models = { top: 'select id, score from shop.games order by score limit 3', above: 'select max(id) as m from top' }
  expect(await tiesOfSql(models, 'above')).toEqual(['LIMIT of top'])
  expect(tiesFor([{ name: 'unbound' }], 'unbound')).toEqual([])
})
