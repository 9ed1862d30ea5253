import type { Column } from '@millrace/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, openEngine } from '../engine.ts'
import { CountTables, type RelationKey } from './count-tables.ts'

let engine: Engine

beforeAll(async () => {
  engine = await openEngine()
  await engine.connection.run('CREATE TABLE l AS SELECT * FROM (VALUES (1), (1), (1), (2), (3), (NULL)) t(k)')
  await engine.connection.run('CREATE TABLE r AS SELECT * FROM (VALUES (1::BIGINT), (1), (2), (4), (NULL)) t(k)')
})

afterAll(() => engine.close())

const COLUMN: Column = { name: 'k', type: { kind: 'int64' }, nullable: true }
const keyOf = (relation: string): RelationKey => ({ relation, columns: [COLUMN] })

test('how many rows each value has is told, the most frequent first, and what is not told is summed up', async () => {
  const tables = new CountTables(engine.connection, { keysMax: 2 })
  expect(await tables.counts(keyOf('l'))).toMatchObject({ rows: 6, distinct: 4, nullRows: 1, counts: [3, 1], restRows: 2 })
  expect(await tables.spread(keyOf('l'))).toEqual({ rows: 6, distinct: 4, nullRows: 1, squares: 12 })
})

test.each([
  ['pairs', 7, [6, 1]],
  ['own', 4, [3, 1]],
  ['other', 3, [2, 1]],
] as const)('of a join that yields %s the rows that come out are reckoned by value; NULL meets nothing', async (yields, rowsOut, outs) => {
  const { keys, ...totals } = await new CountTables(engine.connection).joined(keyOf('l'), keyOf('r'), yields)
  expect(totals).toEqual({ restRows: 0, rowsOut })
  expect(keys.filter(({ out }) => out > 0).map(({ out }) => out)).toEqual(outs)
  const alone = keys.filter(({ key }) => key[0] === null)
  expect(alone.map(({ left, right, out }) => ({ rows: left + right, out }))).toEqual([
    { rows: 1, out: 0 },
    { rows: 1, out: 0 },
  ])
})

test('a key is counted once, and once more where there was no room to keep it', async () => {
  const roomy = new CountTables(engine.connection)
  for (let turn = 0; turn < 3; turn += 1) for (const name of ['l', 'r']) await roomy.counts(keyOf(name))
  expect(roomy.counted).toBe(2)
  await roomy.close()
  const narrow = new CountTables(engine.connection, { keysKept: 1 })
  for (let turn = 0; turn < 3; turn += 1) {
    expect((await narrow.counts(keyOf('l'))).distinct).toBe(4)
    expect((await narrow.joined(keyOf('l'), keyOf('r'), 'pairs')).rowsOut).toBe(7)
  }
  expect(narrow.counted).toBeGreaterThan(2)
  await narrow.close()
})
