/** What a join would make each shard do, against tables that Postgres has laid so. */
import type { Column } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, openEngine } from '../engine.ts'
import { CountTables, type RelationKey } from './count-tables.ts'
import { placementOf } from './placement.ts'
import { joinLoads, saltedJoinLoads } from './shard-loads.ts'

const SHARDS = 8
const PARTS = 16
const KEY: Column = { name: 'k', type: { kind: 'int64' }, nullable: true }
const keyOf = (relation: string): RelationKey => ({ relation, columns: [KEY] })
/** Of value 7 there are 64 rows on the left and 1,000 on the right, which are copied to each part. */
const LEFT = 'SELECT i AS id, CASE WHEN i % 141 = 0 THEN 7 WHEN i % 10 = 1 THEN NULL ELSE 1000 + i % 900 END AS k'
const RIGHT = 'SELECT i AS id, CASE WHEN i % 3 = 0 THEN 7 ELSE 1000 + i % 1500 END AS k'

let engine: Engine
let postgres: Postgres

beforeAll(async () => {
  engine = await openEngine()
  await engine.connection.run(`CREATE TABLE l AS ${LEFT} FROM range(9000) t(i); CREATE TABLE r AS ${RIGHT} FROM range(3000) t(i)`)
  postgres = await startPostgres()
})

afterAll(async () => {
  await postgres.stop()
  await engine.close()
})

/** Lays both sides by the key and a salt, and joins them partition by partition: rows in and out of each. */
async function worked(left: string, right: string): Promise<readonly number[]> {
  await postgres.query('drop table if exists l, r')
  for (const [name, rows] of Object.entries({ l: left, r: right })) {
    await postgres.query(`create table ${name} (id int8, k int8, salt int4) partition by hash (k, salt)`)
    for (let at = 0; at < SHARDS; at += 1)
      await postgres.query(`create table ${name}_${at} partition of ${name} for values with (modulus ${SHARDS}, remainder ${at})`)
    await postgres.query(`insert into ${name} ${rows}`)
  }
  const loads: number[] = []
  for (let at = 0; at < SHARDS; at += 1) {
    const [row] = await postgres.query<{ rows: number }>(
      `select ((select count(*) from l_${at}) + (select count(*) from r_${at}) + (select count(*) from l_${at} l join r_${at} r on l.k = r.k and l.salt is not distinct from r.salt))::int as rows`,
    )
    loads.push(row?.rows ?? 0)
  }
  return loads
}

test('by the key alone each shard works as many rows as foretold', async () => {
  const joined = await new CountTables(engine.connection).joined(keyOf('l'), keyOf('r'), 'pairs')
  // A salt of which there is none is no part of the hash.
  const placement = placementOf({ engine: 'postgres', columns: [KEY], shards: SHARDS })
  expect(placement).not.toBeNull()
  if (placement === null) return
  const laid = (sql: string, rows: number): string => `select id, k, null from (${sql} from generate_series(0, ${rows - 1}) t(i)) x`
  expect(joinLoads(joined, placement).loads).toEqual(await worked(laid(LEFT, 9000), laid(RIGHT, 3000)))
})

test('with a salt too, the rows of the other side copied to each part, within a twentieth', async () => {
  const joined = await new CountTables(engine.connection).joined(keyOf('l'), keyOf('r'), 'pairs')
  const foretold = saltedJoinLoads(joined, {
    engine: 'postgres',
    shards: SHARDS,
    columns: [KEY],
    salt: { hot: 1, parts: PARTS },
    hot: [[7]],
  })
  const cut = `case when k = 7 then (row_number() over (partition by k order by id) % ${PARTS})::int4 else 0 end`
  const left = `select id, k, ${cut} from (${LEFT} from generate_series(0, 8999) t(i)) x`
  const right = `select id, k, part from (${RIGHT} from generate_series(0, 2999) t(i)) x, generate_series(0, ${PARTS - 1}) part where k = 7 or part = 0`
  const found = await worked(left, right)
  expect(Math.max(...found)).toBeLessThan(Math.max(...(await worked(left.replace(cut, '0'), right))))
  for (const [at, rows] of found.entries()) expect(Math.abs((foretold?.loads[at] ?? 0) / rows - 1)).toBeLessThan(0.05)
})
