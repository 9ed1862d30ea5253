/**
 * Window functions over partitions of many rows, of which a step changes a few: results that stay are not
 * looked at again, and all must be what DuckDB computes. MILLRACE_FUZZ_RUNS sets how many histories.
 */
import { type Random, seededRandom } from '@millrace/base'
import type { Schema, StreamDefinition, Value } from '@millrace/core'
import { type BoundModel, bindModels } from '@millrace/sql'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Oracle } from '../testing/oracle.ts'
import { textOf } from '../testing/published-relation.ts'
import { relationChange, UnitRelation, type WeightedRow } from '../testing/unit-relation.ts'

const RUNS = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 8)
const STEPS = 8
const SCHEMA: Schema = {
  columns: [
    { name: 'k', type: { kind: 'int32' }, nullable: true },
    { name: 't', type: { kind: 'int32' }, nullable: true },
    { name: 'x', type: { kind: 'int32' }, nullable: true },
    { name: 'word', type: { kind: 'text' }, nullable: true },
  ],
  key: [],
}
const TABLE: StreamDefinition = { name: 'a.points', kind: 'table', partitions: 1, schema: SCHEMA }

const BY = 'PARTITION BY k'
const TOTAL = 'ORDER BY t, x, word'
const CALLS = [
  `max(x) OVER (${BY} ORDER BY t)`,
  `min(word) OVER (${BY} ORDER BY t DESC)`,
  `max(x) FILTER (WHERE x < 15) OVER (${BY} ${TOTAL} ROWS UNBOUNDED PRECEDING)`,
  `min(x) OVER (${BY} ORDER BY t GROUPS UNBOUNDED PRECEDING)`,
  `bool_and(x > 0) OVER (${BY} ${TOTAL} ROWS UNBOUNDED PRECEDING)`,
  `bool_or(x > 18) OVER (${BY} ORDER BY t)`,
  `dense_rank() OVER (${BY} ORDER BY t)`,
  `rank() OVER (${BY} ORDER BY t)`,
  `first_value(x) OVER (${BY} ${TOTAL})`,
  `first_value(word IGNORE NULLS) OVER (${BY} ${TOTAL} ROWS UNBOUNDED PRECEDING)`,
  `max(x) OVER (${BY})`,
  `count(DISTINCT word) OVER (${BY})`,
  `bool_and(x > 0) OVER (${BY})`,
  `last_value(x) OVER (${BY} ${TOTAL} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`,
  `nth_value(word, 3) OVER (${BY} ${TOTAL} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`,
]
const SQL = `SELECT k, t, x, word, ${CALLS.map((call, at) => `${call} AS w${at}`).join(', ')} FROM a.points`

function randomRow(random: Random): readonly Value[] {
  const orNull = (value: Value): Value => (random.below(8) === 0 ? null : value)
  return [1 + random.below(2), orNull(random.below(30)), orNull(random.below(20)), orNull(`w${random.below(4)}`)]
}

function someChanges(random: Random, held: (readonly Value[])[], count: number): readonly WeightedRow[] {
  return Array.from({ length: count }, (): WeightedRow => {
    if (held.length > 60 && random.below(2) === 0) return { row: held.splice(random.below(held.length), 1)[0] ?? [], weight: -1 }
    const row = randomRow(random)
    held.push(row)
    return { row, weight: 1 }
  })
}

it('law 3: what window functions tell of rows far from a change, or near it, is what DuckDB computes', async () => {
  const { bound, errors } = await bindModels({ models: [{ name: 'm', sql: SQL }], streams: [TABLE] })
  expect(errors).toEqual([])
  const [model] = bound as [BoundModel]
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), async (seed) => {
      const random = seededRandom(seed)
      const unit = new UnitRelation(model)
      const oracle = new Oracle()
      await oracle.begin([TABLE])
      const held: (readonly Value[])[] = []
      try {
        for (let step = 0; step < STEPS; step += 1) {
          unit.step(new Map([[TABLE.name, relationChange(SCHEMA, someChanges(random, held, step === 0 ? 90 : 1 + random.below(4)))]]))
          await oracle.setRows(TABLE.name, held)
          const answer = await oracle.answer(SQL)
          expect({ step, rows: unit.texts() }).toEqual({
            step,
            rows: answer.kind === 'rows' ? answer.rows.map(textOf).sort() : answer.problem,
          })
        }
      } finally {
        oracle.close()
      }
    }),
    { numRuns: RUNS },
  )
}, 3_600_000)
