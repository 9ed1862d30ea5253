import { loadMariadbTree, type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bothSides } from './testing/both-sides.ts'

const VIEWS = 60
let mariadb: Mariadb

beforeAll(async () => {
  mariadb = await startMariadb()
})

afterAll(async () => {
  await mariadb.stop()
})

test('a tree of views over several databases gives the rows that MariaDB gives, view by view', async () => {
  const tree = await loadMariadbTree(mariadb, { seed: 3, views: VIEWS, foreignEvery: 10 })
  const sides = await bothSides(mariadb, 'commerce', [])
  expect(sides).toHaveLength(VIEWS)
  const foreign = new Set(tree.views.filter(({ isForeign }) => isForeign).map(({ name }) => name))
  expect(foreign.size).toBeGreaterThan(2)
  for (const { view, model, legacy, duckdb } of sides) {
    expect(model.refusal === null, `${view}: ${JSON.stringify(model.refusal)}`).toBe(!foreign.has(view))
    if (model.sql !== null) expect(duckdb, `${view}\n${model.sql}`).toEqual(legacy)
  }
  expect(sides.filter(({ legacy }) => legacy.length > 0).length).toBeGreaterThan(VIEWS / 2)
}, 120_000)
