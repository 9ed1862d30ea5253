/**
 * Random queries that depend on an order, over random rows that come and go: after each step a model says
 * what DuckDB computes over the same rows. MILLRACE_FUZZ_RUNS sets how many.
 */
import { type Random, seededRandom } from '@millrace/base'
import type { Value } from '@millrace/core'
import { bindModels } from '@millrace/sql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateMemory } from './spill/state-memory.ts'
import { Oracle } from './testing/oracle.ts'
import { textOf } from './testing/published-relation.ts'
import { randomOrderedQuery } from './testing/random-ordered-query.ts'
import { type FuzzTable, randomTable, randomValue, relationOf } from './testing/random-query.ts'
import { relationChange, UnitRelation, type WeightedRow } from './testing/unit-relation.ts'

const RUNS = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 6)

describe('a model that depends on an order', () => {
  it('law 3: equals DuckDB over the same rows after each step', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 12 }), compare)
    await expect(fc.assert(property, { numRuns: RUNS })).resolves.toBeUndefined()
  }, 3_600_000)
})

async function compare(seed: number, steps: number): Promise<void> {
  const random = seededRandom(seed)
  const tables = [randomTable(random, 'a.one'), randomTable(random, 'a.two')].map(withoutKey)
  const models = Array.from({ length: 6 }, (_, at) => ({ name: `m${at}`, sql: randomOrderedQuery(random, tables.map(relationOf)) }))
  const { bound, errors } = await bindModels({ models, streams: tables })
  expect(errors).toEqual([])
  const memory = seed % 2 === 0 ? undefined : new StateMemory({ bytesLimit: 1, partBytesLimit: 4 << 10 })
  const units = bound.map((model) => ({ model, unit: new UnitRelation(model, memory) }))
  const oracle = new Oracle()
  await oracle.begin(tables)
  const held = new Map(tables.map((table) => [table.name, [] as (readonly Value[])[]]))
  try {
    for (let step = 0; step < steps; step += 1) {
      const changes = new Map(tables.map((table) => [table.name, relationChange(table.schema, someChanges(random, table, held))]))
      for (const table of tables) await oracle.setRows(table.name, held.get(table.name) ?? [])
      for (const { model, unit } of units) {
        unit.step(changes)
        const answer = await oracle.answer(model.sql)
        const expected = answer.kind === 'rows' ? answer.rows.map(textOf).sort() : answer.problem
        expect({ sql: model.sql, step, rows: unit.texts() }).toEqual({ sql: model.sql, step, rows: expected })
      }
    }
  } finally {
    oracle.close()
    memory?.close()
  }
}

/** Any row may be there several times. */
function withoutKey(table: FuzzTable): FuzzTable {
  return { ...table, schema: { ...table.schema, key: [] } }
}

function someChanges(random: Random, table: FuzzTable, held: ReadonlyMap<string, (readonly Value[])[]>): readonly WeightedRow[] {
  const rows = held.get(table.name) as (readonly Value[])[]
  return Array.from({ length: random.below(6) }, (): WeightedRow => {
    if (rows.length > 0 && random.below(5) < 2) return { row: rows.splice(random.below(rows.length), 1)[0] ?? [], weight: -1 }
    const same = rows[random.below(8)]
    const row = same ?? table.columnTypes.map((type, at) => (at === 0 ? random.below(8) : randomValue(random, type)))
    rows.push(row)
    return { row, weight: 1 }
  })
}
