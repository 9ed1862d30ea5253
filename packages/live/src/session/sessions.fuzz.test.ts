/**
 * Sessions over partitions of many rows, of which a step brings and takes a few: they are cut and joined, and always
 * what DuckDB computes. MILLRACE_FUZZ_RUNS sets how many histories.
 */
import { type Random, seededRandom } from '@millrace/base'
import type { Schema, StreamDefinition, Value } from '@millrace/core'
import { type BoundModel, bindModels } from '@millrace/sql'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StateMemory } from '../spill/state-memory.ts'
import { Oracle } from '../testing/oracle.ts'
import { textOf } from '../testing/published-relation.ts'
import { relationChange, UnitRelation, type WeightedRow } from '../testing/unit-relation.ts'

const RUNS = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 5)
const STEPS = 8
const SCHEMA: Schema = {
  columns: [
    { name: 'k', type: { kind: 'int32' }, nullable: true },
    { name: 't', type: { kind: 'int64' }, nullable: true },
    { name: 'seen', type: { kind: 'timestamp' }, nullable: true },
    { name: 'word', type: { kind: 'text' }, nullable: true },
  ],
  key: [],
}
const TABLE: StreamDefinition = { name: 'a.points', kind: 'table', partitions: 1, schema: SCHEMA }

const TOLD =
  "count(*) AS n, count(DISTINCT word) AS words, min(t) AS least, max(seen) AS latest, sum(t) FILTER (WHERE word > 'w1') AS total"

function sessions(by: string, value: string, begins: string): string {
  const order = `OVER (PARTITION BY ${by} ORDER BY ${value})`
  const marked = `SELECT *, lag(${value.split(' ')[0]}) ${order} AS before FROM a.points`
  const numbered = `SELECT *, sum(CASE WHEN ${begins} END) ${order} AS session FROM (${marked})`
  return `SELECT ${by} AS one, ${TOLD} FROM (${numbered}) GROUP BY ${by}, session`
}

const MODELS = [
  sessions('k', 't', 't - before <= 2 THEN 0 ELSE 1'),
  sessions('k, word', 't', 'before IS NULL OR t > before + 3 THEN 1 ELSE 0'),
  sessions('k % 2', 'seen', 'seen - before <= INTERVAL 10 SECOND THEN 0 ELSE 1'),
  sessions('k', 't DESC NULLS FIRST', 'before - t < 2 THEN 0 ELSE 1'),
  // Rows at one value say that they begin a session of their own; and what begins one is not always a pause.
  sessions('k', 't', 't = before THEN 1 ELSE 0'),
  sessions('k', 't', 't % 5 = 0 OR before % 7 = 3 THEN 1 ELSE 0'),
  `SELECT k, ${TOLD} FROM (
     SELECT *, count(*) FILTER (begins) OVER (PARTITION BY k ORDER BY seen) AS session
     FROM (SELECT *, seen - lag(seen) OVER (PARTITION BY k ORDER BY seen) > INTERVAL 3 SECOND AS begins FROM a.points))
   GROUP BY k, session HAVING count(*) > 1`,
  `SELECT ${TOLD} FROM (
     SELECT *, sum(CASE WHEN t - before <= 1 THEN 0 ELSE 1 END) OVER (ORDER BY t) AS session
     FROM (SELECT *, lag(t) OVER (ORDER BY t) AS before FROM a.points))
   GROUP BY session`,
].map((sql, at) => ({ name: `m${at}`, sql }))

const SECOND_MICROS = 1_000_000

function randomRow(random: Random): readonly Value[] {
  const orNull = (value: Value): Value => (random.below(12) === 0 ? null : value)
  const word = orNull(`w${random.below(3)}`)
  return [random.below(3), orNull(random.below(100)), orNull(random.below(400) * SECOND_MICROS), word]
}

function someChanges(random: Random, held: (readonly Value[])[], count: number): readonly WeightedRow[] {
  const changes: WeightedRow[] = []
  while (changes.length < count) {
    if (held.length > 0 && random.below(5) < 2) {
      changes.push({ row: held.splice(random.below(held.length), 1)[0] ?? [], weight: -1 })
      continue
    }
    // Now and then a row comes twice, or is there already.
    const known = held.length > 0 && random.below(6) === 0 ? held[random.below(held.length)] : undefined
    const row = known ?? randomRow(random)
    const weight = 1 + Number(random.below(8) === 0)
    for (let copy = 0; copy < weight; copy += 1) held.push(row)
    changes.push({ row, weight })
  }
  return changes
}

it('law 3: sessions that rows cut and join, in any order, are those that DuckDB computes', async () => {
  const { bound, errors } = await bindModels({ models: MODELS, streams: [TABLE] })
  expect(errors).toEqual([])
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const random = seededRandom(seed)
      // Of half of the histories every part is in the scratch file between two steps.
      const memory = seed % 2 === 0 ? undefined : new StateMemory({ bytesLimit: 1, partBytesLimit: 4 << 10 })
      const units = bound.map((model: BoundModel) => new UnitRelation(model, memory))
      const oracle = new Oracle()
      await oracle.begin([TABLE])
      const held: (readonly Value[])[] = []
      try {
        for (let step = 0; step < STEPS; step += 1) {
          const changes = new Map([
            [TABLE.name, relationChange(SCHEMA, someChanges(random, held, step === 0 ? 100 : 1 + random.below(12)))],
          ])
          for (const unit of units) unit.step(changes)
          await oracle.setRows(TABLE.name, held)
          for (const [at, { sql }] of MODELS.entries()) {
            const answer = await oracle.answer(sql)
            const rows = answer.kind === 'rows' ? answer.rows.map(textOf).sort() : answer.problem
            expect({ sql, step, rows: units[at]?.texts() }).toEqual({ sql, step, rows })
          }
        }
      } finally {
        oracle.close()
        memory?.close()
      }
    }),
    { numRuns: RUNS },
  )
}, 3_600_000)
