/** States that do not fit tell what states that do fit tell. */
import { seededRandom, type Random } from '@millrace/base'
import type { StreamDefinition, Type, Value } from '@millrace/core'
import { bindModels, type BoundModel } from '@millrace/sql'
import { expect, it } from 'vitest'
import { relationChange, UnitRelation, type WeightedRow } from '../testing/unit-relation.ts'
import { StateMemory } from './state-memory.ts'

const RUNS = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 1)
const STEPS = 4

function table(name: string): StreamDefinition {
  const types: Type[] = [{ kind: 'int64' }, { kind: 'text' }, { kind: 'int64' }]
  const columns = ['id', 'name', 'ref'].map((column, at) => ({ name: column, type: types[at] as Type, nullable: true }))
  return { name, kind: 'table', partitions: 1, schema: { columns, key: [] } }
}

const TABLES = [table('a.one'), table('a.two')]

const QUERIES = {
  joined: 'SELECT o.id, o.name, t.ref FROM a.one o JOIN a.two t ON o.ref = t.id',
  completed: 'SELECT o.id, t.name FROM a.one o LEFT JOIN a.two t ON o.ref = t.id AND o.name = t.name',
  matched: 'SELECT id, name FROM a.one WHERE ref IN (SELECT id FROM a.two)',
  unmatched: 'SELECT id, name FROM a.one o WHERE NOT EXISTS (SELECT 1 FROM a.two t WHERE t.id = o.ref)',
  whole: 'SELECT o.id, t.id AS other FROM a.one o FULL JOIN a.two t ON o.name = t.name',
  summed: 'SELECT o.name, count(*) AS n, sum(t.ref) AS total FROM a.one o JOIN a.two t USING (id) GROUP BY o.name',
  grouped: 'SELECT id, count(*) AS n, sum(ref) AS total, avg(ref) AS mean, min(name) AS least FROM a.one GROUP BY id',
  varied:
    'SELECT ref, count(DISTINCT name) AS names, max(id) AS last, stddev(id::DOUBLE) AS spread, mode(name) AS most FROM a.one GROUP BY ref',
  listed:
    "SELECT ref, list(id ORDER BY name, id) AS ids, string_agg(name, ',' ORDER BY name) AS names, median(id) AS mid FROM a.one GROUP BY ref",
  whole_sum: 'SELECT count(*) AS n, sum(id) AS total, max(name) AS last FROM a.one',
  different: 'SELECT DISTINCT id, name FROM a.one',
  common: 'SELECT id, ref FROM a.one INTERSECT ALL SELECT id, ref FROM a.two',
  ranked:
    'SELECT id, name, row_number() OVER w AS place, sum(ref) OVER w AS running, lag(name) OVER w AS last FROM a.one WINDOW w AS (PARTITION BY id ORDER BY name, ref)',
  first_ones: 'SELECT id, name, ref FROM a.one QUALIFY row_number() OVER (PARTITION BY ref ORDER BY name, id) <= 2',
  least: 'SELECT id, name, ref FROM a.one ORDER BY ref DESC, name LIMIT 5',
  page: 'SELECT id, name FROM a.one ORDER BY name NULLS FIRST, id LIMIT 4 OFFSET 3',
  any_ones: 'SELECT id, name FROM a.one LIMIT 6',
  leaders: 'SELECT id, ref, rank() OVER (ORDER BY ref DESC) AS place FROM a.one QUALIFY rank() OVER (ORDER BY ref DESC) <= 3',
  levels: 'SELECT id, ref FROM a.one QUALIFY dense_rank() OVER (ORDER BY id) <= 2',
  nearest: 'SELECT o.id, o.ref, t.ref AS near FROM a.one o ASOF LEFT JOIN a.two t ON o.name = t.name AND o.ref >= t.ref',
}

/** Keys that lie near each other, far from each other, beyond 2^53, and one that many rows have. */
function randomKey(random: Random): Value {
  const choice = random.below(10)
  if (choice === 0) return null
  if (choice === 1) return 2n ** 60n + BigInt(random.below(20))
  if (choice < 4) return 7
  return choice < 7 ? random.below(300) : random.below(40) * 100_000
}

function randomRow(random: Random): readonly Value[] {
  const name = random.below(12) === 0 ? null : `name ${'x'.repeat(random.below(20))}${random.below(30)}`
  return [randomKey(random), name, randomKey(random)]
}

/** Rows that come, and some of those that are there, which go. */
function randomChange(random: Random, rows: (readonly Value[])[]): readonly WeightedRow[] {
  const gone = Array.from({ length: random.below(1 + Math.floor(rows.length / 3)) }, () => {
    const [row] = rows.splice(random.below(rows.length), 1)
    return { row: row as readonly Value[], weight: -1 }
  })
  const come = Array.from({ length: random.below(120) }, () => ({ row: randomRow(random), weight: 1 }))
  for (const { row } of come) rows.push(row)
  return [...gone, ...come]
}

async function boundModels(): Promise<readonly BoundModel[]> {
  const models = Object.entries(QUERIES).map(([name, sql]) => ({ name, sql }))
  const { bound, errors } = await bindModels({ models, streams: TABLES })
  expect(errors).toEqual([])
  return bound
}

it('law 3: a state that is spilled part by part tells the rows that one in memory tells', async () => {
  const models = await boundModels()
  const first = Number(process.env['MILLRACE_FUZZ_SEED'] ?? 1)
  for (let seed = first; seed < first + RUNS; seed += 1) {
    const random = seededRandom(seed)
    const memory = new StateMemory({ bytesLimit: 48 << 10, partBytesLimit: 12 << 10 })
    const units = models.map((model) => ({ model, spilled: new UnitRelation(model, memory), whole: new UnitRelation(model) }))
    const rows = TABLES.map((): (readonly Value[])[] => [])
    const everSpilled = new Set<string>()
    for (let step = 0; step < STEPS; step += 1) {
      const changes = new Map(
        TABLES.map(({ name, schema }, at) => [name, relationChange(schema, randomChange(random, rows[at] as (readonly Value[])[]))]),
      )
      for (const { model, spilled, whole } of units) {
        spilled.step(changes)
        whole.step(changes)
        expect({ seed, step, model: model.name, rows: spilled.texts() }).toEqual({ seed, step, model: model.name, rows: whole.texts() })
        expect(spilled.stateRows).toBe(whole.stateRows)
      }
      expect(memory.bytes).toBeLessThanOrEqual(memory.bytesLimit)
      for (const { model, spilled } of units) if (spilled.spilledBytes > 0) everSpilled.add(model.name)
    }
    expect([...everSpilled].sort()).toEqual(Object.keys(QUERIES).sort())
    memory.close()
    expect(memory.bytes).toBe(0)
  }
}, 600_000)
