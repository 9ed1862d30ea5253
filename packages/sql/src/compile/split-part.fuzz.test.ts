import { assert } from '@millrace/base'
import { decodeVectors, encodeVectors, packedTextOf, type StreamDefinition, type Value, vectorOf } from '@millrace/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bindModels } from '../bind-models.ts'
import { compileProjection } from './compile.ts'
import { type Lane, laneFrom, laneOf, laneValueAt } from './lane.ts'
import { splitPartOf } from './split-part.ts'

const TABLE: StreamDefinition = {
  name: 'a.pages',
  kind: 'table',
  partitions: 1,
  schema: { columns: [{ name: 'url', type: { kind: 'text' }, nullable: true }], key: [] },
}
const PARTS = ["'/', 1", "'/', 2", "'/', 4", "'é', 2", "'ab', 2", "'€', 1", "'/', -1"]
const SQL = `SELECT ${PARTS.map((part) => `split_part(url, ${part})`).join(', ')}, split_part(lower(url), '/', 2) FROM a.pages`

const text = fc.string({ unit: fc.constantFrom('/', '/', 'a', 'b', 'é', 'ÿ', ' '), maxLength: 9 })
const values = fc.array(fc.option(text, { freq: 6 }), { minLength: 1, maxLength: 60 })

/** As it is read from the log: bytes, and a dictionary where few values repeat. */
function stored(given: readonly Value[]): Lane {
  const { vectors } = decodeVectors(encodeVectors([vectorOf('text', given)], given.length))
  assert(vectors[0] !== undefined, 'a column was written')
  return laneOf(vectors[0])
}

it('law 3: the parts of text that is bytes are those of the same text as strings', async () => {
  const { bound, errors } = await bindModels({ models: [{ name: 'm', sql: SQL }], streams: [TABLE] })
  expect(errors).toEqual([])
  const plan = bound[0]?.plan
  assert(plan?.kind === 'project', 'the model is a projection')
  expect(plan.expressions.map((expression) => splitPartOf(expression) !== null)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ])
  const project = compileProjection(plan.expressions)
  let packed = 0
  fc.assert(
    fc.property(
      fc.oneof(
        values,
        values.map((few) => Array.from({ length: 100 }, (_, at) => few[at % Math.min(few.length, 5)] ?? null)),
      ),
      (given) => {
        const count = given.length
        const [bytes, strings] = [stored(given), laneFrom('text', given)]
        if (packedTextOf(bytes) !== null) packed += 1
        const found = project([bytes], count)
        const expected = project([strings], count)
        const rows = (lanes: readonly Lane[]): readonly Value[][] =>
          Array.from({ length: count }, (_, row) => lanes.map((lane) => laneValueAt(lane, row)))
        expect(rows(found)).toEqual(rows(expected))
        // What is written of it is what is read back.
        const columns = found.map((lane) => stored(rows([lane]).map(([value]) => value as Value)))
        expect(rows(columns)).toEqual(rows(expected))
      },
    ),
  )
  expect(packed).toBeGreaterThan(0)
})
