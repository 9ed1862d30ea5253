/** Random arithmetic over random rows: exact numbers of every scale, divided, rounded, chosen among. */
import { pick, type Random, seededRandom } from '@millrace/base'
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bothSides } from './testing/both-sides.ts'

const VIEWS = 80
const SCALES = [0, 1, 2, 4, 5, 6, 9, 10] as const
const seed = Number(process.env['MILLRACE_FUZZ_SEED'] ?? 1)
const random = seededRandom(seed)
let mariadb: Mariadb

beforeAll(async () => {
  mariadb = await startMariadb()
})

afterAll(async () => {
  await mariadb.stop()
})

function leaf(from: Random): string {
  if (from.below(4) === 0) return pick(from, ['1', '3', '7', '0.5', '1.25', '100', '0.333', '12'])
  return pick(from, ['i', 'b', ...SCALES.map((scale) => `d${scale}`)])
}

function expression(from: Random, depth: number): string {
  if (depth === 0) return leaf(from)
  const inner = (): string => expression(from, depth - 1 - from.below(2) < 0 ? 0 : depth - 1)
  switch (from.below(12)) {
    case 0:
    case 1:
      return `(${inner()} + ${inner()})`
    case 2:
      return `(${inner()} - ${inner()})`
    case 3:
    case 4:
      return `(${inner()} * ${leaf(from)})`
    case 5:
    case 6:
      return `(${inner()} / ${leaf(from)})`
    case 7:
      return `round(${inner()}, ${from.below(8)})`
    case 8:
      return `truncate(${inner()}, ${from.below(5)})`
    case 9:
      return `if(id % 2 = 0, ${inner()}, ${inner()})`
    case 10:
      return pick(from, [
        `coalesce(${inner()}, ${leaf(from)})`,
        `cast(${inner()} as decimal(30, ${from.below(8)}))`,
        `abs(${inner()})`,
        `(-${leaf(from)})`,
      ])
    default:
      return pick(from, [`greatest(${inner()}, ${leaf(from)})`, `floor(${inner()})`, `ceiling(${inner()})`, `nullif(${leaf(from)}, 1)`])
  }
}

function rowsOf(from: Random): string {
  const digits = (many: number): string => Array.from({ length: many }, () => from.below(10)).join('')
  const decimal = (scale: number): string =>
    from.below(9) === 0 ? pick(from, ['null', '0', '1']) : `${from.below(2) === 0 ? '-' : ''}${digits(1 + from.below(4))}.${digits(scale)}0`
  return Array.from(
    { length: 40 },
    (_, at) => `(${at}, ${from.below(200) - 100}, ${from.below(2_000_000)}, ${SCALES.map(decimal).join(', ')})`,
  ).join(',\n')
}

test('arithmetic of exact numbers gives the same digits in DuckDB, whatever is divided and rounded on the way', async () => {
  await mariadb.query(
    `create database sums; use sums; create table t (id int primary key, i int, b bigint, ${SCALES.map((scale) => `d${scale} decimal(16, ${scale})`).join(', ')})`,
  )
  await mariadb.query(`use sums; insert into t values ${rowsOf(random)}`)
  const expressions = Array.from({ length: VIEWS }, () => expression(random, 1 + random.below(3)))
  for (const [at, each] of expressions.entries()) await mariadb.query(`use sums; create view v${at} as select id, ${each} as x from t`)
  const sides = await bothSides(mariadb, 'sums')
  const translated = sides.filter(
    ({ model, duckdb, legacy }) => model.sql !== null && typeof duckdb !== 'string' && typeof legacy !== 'string',
  )
  for (const { view, model, legacy, duckdb } of translated)
    expect(duckdb, `seed ${seed}: ${expressions[Number(view.replace('sums.v', ''))]}\n${model.sql}`).toEqual(legacy)
  // What has too many digits is refused; what does not fit 38 of them is an error.
  expect(translated.length).toBeGreaterThan(VIEWS / 2)
}, 120_000)
