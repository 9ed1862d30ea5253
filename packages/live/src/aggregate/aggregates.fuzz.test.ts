/**
 * Every aggregate over random histories of one table, by group and over all rows: after each transaction
 * each is what DuckDB computes over the same rows. Where DuckDB's own answer depends on the order of the
 * rows, it is asked with an ORDER BY that says what ours is defined to be.
 */
import { assert, pick, type Random, seededRandom } from '@millrace/base'
import type { Type, Value } from '@millrace/core'
import { bindModels, type BoundModel } from '@millrace/sql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Oracle } from '../testing/oracle.ts'
import { PublishedRelation, textOf } from '../testing/published-relation.ts'
import { RandomHistory } from '../testing/random-history.ts'
import type { FuzzTable } from '../testing/random-query.ts'
import { ShopLog } from '../testing/shop-log.ts'

const RUNS = Number(process.env['MILLRACE_FUZZ_RUNS'] ?? 20)

const CASES_A_RUN = 60
/** Every part goes to the scratch file and comes back at the next step; a quarter of the histories have it so. */
const NOTHING_STAYS = { bytesLimit: 1, partBytesLimit: 16 << 10 }

type Make = (random: Random) => Value
/** A sum of these is the same in any order: what is rounded on the way is DuckDB's, and depends on the order of its rows. */
const SPECIAL: readonly number[] = [Number.NaN, Infinity, -Infinity, 0, 0.5, 2 ** 40, -(2 ** 40)]

/** Each column's type and its values; NULL comes among all of them. */
const COLUMNS: Readonly<Record<string, readonly [Type, Make]>> = {
  id: [{ kind: 'int64' }, (random) => random.below(8)],
  g: [{ kind: 'int32' }, (random) => random.below(3)],
  o: [{ kind: 'int32' }, (random) => random.below(4)],
  ti: [{ kind: 'int8' }, (random) => random.below(256) - 128],
  i: [{ kind: 'int32' }, (random) => random.below(9) - 4],
  b: [{ kind: 'int64' }, (random) => pick(random, [0, 1, -1, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), random.below(9)])],
  u: [{ kind: 'uint64' }, (random) => pick(random, [0, 1, 2n ** 64n - 1n, 2n ** 63n, random.below(9)])],
  h: [{ kind: 'hugeint' }, (random) => pick(random, [0, -1, 2n ** 100n, -(2n ** 100n) + 1n, random.below(9)])],
  d: [{ kind: 'decimal', width: 10, scale: 2 }, (random) => random.below(4000) - 2000],
  w: [{ kind: 'decimal', width: 30, scale: 4 }, (random) => pick(random, [10n ** 25n + 1n, -(10n ** 25n), random.below(20_000) - 9000])],
  f: [{ kind: 'float64' }, (random) => (random.below(400) - 200) / 8],
  s: [{ kind: 'float64' }, (random) => pick(random, SPECIAL)],
  r: [{ kind: 'float32' }, (random) => (random.below(400) - 200) / 8],
  t: [{ kind: 'text' }, (random) => pick(random, ['', 'a', 'b', 'ab', 'é', '😀', '\uffff'])],
  y: [{ kind: 'boolean' }, (random) => random.below(2) === 0],
  dt: [{ kind: 'date' }, (random) => random.below(40_000) - 10_000],
  ts: [{ kind: 'timestamp' }, (random) => random.below(2 ** 31) * 1001 - 2 ** 40],
  tz: [{ kind: 'timestamptz' }, (random) => random.below(2 ** 31) * 1003],
  tm: [{ kind: 'time' }, (random) => random.below(86_400_000) * 1000 + random.below(1000)],
  bl: [{ kind: 'bytes' }, (random) => Uint8Array.from({ length: random.below(3) }, () => random.below(256))],
  id2: [{ kind: 'uuid' }, (random) => `00000000-0000-0000-8000-${random.below(4).toString(16).padStart(12, '0')}`],
}

/** The call, and what DuckDB is asked where that is something else. */
type Case = readonly [call: string, asked?: string]

const EXACT: readonly Case[] = [
  ...['i', 'b', 'u', 'h', 'd', 'w', 'f', 's', 'r'].flatMap((c): Case[] => [[`sum(${c})`], [`avg(${c})`]]),
  ...['ti', 'u', 'b', 'h', 'd', 'f', 's', 'r', 't', 'y', 'dt', 'ts', 'tz', 'tm', 'bl', 'id2'].flatMap((c): Case[] => [
    [`min(${c})`],
    [`max(${c})`],
    [`count(DISTINCT ${c})`],
    [`mode(${c})`, `mode(${c} ORDER BY ${c})`],
    [`quantile_disc(${c}, 0.3)`],
    [`median(${c})`],
    [`any_value(${c})`, `any_value(${c} ORDER BY ${c})`],
    [`first(${c} ORDER BY o)`, `first(${c} ORDER BY o, ${c})`],
    [`last(${c} ORDER BY o DESC NULLS FIRST)`, `last(${c} ORDER BY o DESC NULLS FIRST, ${c})`],
    [`arg_min(${c}, o)`, `arg_min(${c}, o ORDER BY ${c})`],
    [`arg_max(${c}, o)`, `arg_max(${c}, o ORDER BY ${c})`],
    [`arg_min_null(${c}, o)`, `arg_min_null(${c}, o ORDER BY ${c})`],
    [`max_by(i, ${c})`, `max_by(i, ${c} ORDER BY i)`],
  ]),
  ...['ti', 'i', 'b', 'h', 'd', 'w', 'f', 'r', 'dt', 'ts', 'tz', 'tm'].flatMap((c): Case[] =>
    ['0', '0.25', '0.999', '1', '0.1::double'].flatMap((q): Case[] => [[`quantile_cont(${c}, ${q})`], [`quantile_disc(${c}, ${q})`]]),
  ),
  ...['ti', 'i', 'u', 'b', 'h'].flatMap((c): Case[] => [[`bit_and(${c})`], [`bit_or(${c})`], [`bit_xor(${c})`]]),
  ...['dt', 'ts', 'tz', 'tm'].map((c): Case => [`avg(${c})`]),
  ['sum(y)'],
  ['count_if(y)'],
  ['count_if(i > 0)'],
  ['bool_and(y)'],
  ['bool_or(y)'],
  ['bit_xor(DISTINCT i)'],
  ['sum(DISTINCT f)'],
  ['avg(DISTINCT d)'],
  ['median(DISTINCT i)'],
  ['mode(DISTINCT i)', 'min(i)'],
  ['mode() WITHIN GROUP (ORDER BY i DESC)'],
  ['percentile_disc(0.7) WITHIN GROUP (ORDER BY i DESC)'],
  ['percentile_cont(0.7) WITHIN GROUP (ORDER BY f DESC)'],
  ['quantile_cont(d, -0.2)'],
  ["string_agg(t, '-')", "string_agg(t, '-' ORDER BY t)"],
  ["string_agg(t, '' ORDER BY o)", "string_agg(t, '' ORDER BY o, t)"],
  ["string_agg(t, ', ' ORDER BY i DESC NULLS FIRST, d)", "string_agg(t, ', ' ORDER BY i DESC NULLS FIRST, d, t)"],
  ["string_agg(DISTINCT t, '|' ORDER BY t DESC)"],
  ['group_concat(i)', 'group_concat(i ORDER BY i::VARCHAR)'],
  ["listagg(t, ';' ORDER BY t)"],
  ...['i', 'b', 'd', 's', 't', 'y', 'dt', 'ts', 'bl'].flatMap((c): Case[] => [
    [`list(${c})`, `list(${c} ORDER BY ${c})`],
    [`array_agg(${c} ORDER BY o DESC)`, `list(${c} ORDER BY o DESC, ${c})`],
    [`list(DISTINCT ${c} ORDER BY ${c} DESC NULLS FIRST)`],
  ]),
  ...['ti', 'i', 'b', 'u', 'h', 'd', 'w', 't', 'y', 'dt', 'ts', 'tz', 'tm', 'bl', 'id2'].map((c): Case => [`histogram(${c})`]),
  ['histogram(DISTINCT t)'],
  ...['ti', 'b', 'h', 'd', 's', 'r', 't', 'dt', 'ts', 'bl'].flatMap((c): Case[] => [
    [`min(${c}, 2)`],
    [`max(${c}, 3)`],
    [`arg_max(${c}, ${c}, 2)`],
    [`arg_min(${c}, ${c}, 3)`],
  ]),
  ['quantile_cont(d, [0.9, 0.1, 0.5])'],
  ['quantile_cont(f, [0.25])'],
  ['quantile_disc(t, [1, 0.3])'],
  ['fsum(f)'],
  ['favg(f)'],
  ['regr_count(f, i)'],
  ['arg_min(t, o ORDER BY i)', 'arg_min(t, o ORDER BY i, t)'],
]

/** Those that DuckDB computes with rounding errors of its own. */
const NEAR: readonly Case[] = [
  ...['i', 'd', 'f', 'r', 'ti'].flatMap((c): Case[] =>
    ['var_pop', 'var_samp', 'stddev_pop', 'stddev', 'sem', 'variance'].map((name) => [`${name}(${c})`]),
  ),
  ['var_pop(DISTINCT i)'],
  ...[
    'covar_pop',
    'covar_samp',
    'corr',
    'regr_avgx',
    'regr_avgy',
    'regr_slope',
    'regr_intercept',
    'regr_r2',
    'regr_sxx',
    'regr_syy',
    'regr_sxy',
  ].map((name): Case => [`${name}(f, i)`]),
]

const TABLE: FuzzTable = {
  name: 'fuzz.kinds',
  kind: 'table',
  partitions: 1,
  schema: { columns: Object.entries(COLUMNS).map(([name, [type]]) => ({ name, type, nullable: name !== 'id' })), key: [] },
  columnTypes: Object.values(COLUMNS).map(([type]) => type),
}

function select(cases: readonly Case[], { grouped, asked, filter }: { grouped: boolean; asked: boolean; filter: string }): string {
  const calls = cases.map(([call, other], at) => `${asked ? (other ?? call) : call}${filter} AS a${at}`)
  return `SELECT ${grouped ? 'g, ' : ''}${calls.join(', ')} FROM fuzz.kinds${grouped ? ' GROUP BY g' : ''}`
}

function valueOf(random: Random, column: number): Value {
  const [, make] = Object.values(COLUMNS)[column] as readonly [Type, Make]
  return column > 0 && random.below(6) === 0 ? null : make(random)
}

describe('aggregates', () => {
  it('law 3: each equals DuckDB over the rows that are there, whatever came and went before', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 10 }), compare)
    await expect(fc.assert(property, { numRuns: RUNS })).resolves.toBeUndefined()
  }, 3_600_000)
})

async function compare(seed: number, transactions: number): Promise<void> {
  const random = seededRandom(seed)
  const cases = Array.from({ length: CASES_A_RUN }, () => pick(random, random.below(8) === 0 ? NEAR : EXACT))
  const filter = random.below(2) === 0 ? '' : ' FILTER (WHERE o < 2)'
  const shapes = [true, false].map((grouped) => ({ grouped, name: grouped ? 'grouped' : 'global' }))
  const models = shapes.map(({ grouped, name }) => ({ name, sql: select(cases, { grouped, asked: false, filter }) }))
  const { bound, errors } = await bindModels({ models, streams: [TABLE] })
  expect(errors).toEqual([])
  const history = new RandomHistory(random, [TABLE], valueOf)
  const log = await ShopLog.open([TABLE])
  const oracle = new Oracle()
  await oracle.begin([TABLE])
  const running = log.start(bound, [], seed % 4 === 0 ? NOTHING_STAYS : {})
  try {
    for (let step = 0; step < transactions; step += 1) {
      let cut = 0
      for (let burst = random.below(3); burst >= 0; burst -= 1) cut = await log.push(history.transaction())
      await running.reach(cut)
      await oracle.setRows(TABLE.name, history.rows(TABLE.name))
      for (const { grouped, name } of shapes) {
        const answer = await oracle.answer(select(cases, { grouped, asked: true, filter }))
        assert(answer.kind === 'rows', 'DuckDB has an answer')
        const model = bound.find((one) => one.name === name) as BoundModel
        const published = new PublishedRelation(model.schema).read(log.reader, name).rows()
        expectSame(answer.rows, published, { cases, offset: grouped ? 1 : 0 })
      }
    }
  } finally {
    await running.stop()
    oracle.close()
    await log.close()
  }
}

interface Compared {
  readonly cases: readonly Case[]
  /** How many columns stand before the calls. */
  readonly offset: number
}

function expectSame(expected: readonly (readonly Value[])[], found: readonly (readonly Value[])[], { cases, offset }: Compared): void {
  const byGroup = (rows: readonly (readonly Value[])[]): Map<string, readonly Value[]> =>
    new Map(rows.map((row) => [textOf(row.slice(0, offset)), row]))
  const groups = byGroup(found)
  expect([...groups.keys()].sort()).toEqual([...byGroup(expected).keys()].sort())
  for (const [group, row] of byGroup(expected)) {
    const wrong = cases.flatMap(([call], at) => {
      const one = row[offset + at] as Value
      const other = (groups.get(group) as readonly Value[])[offset + at] as Value
      const isSame = NEAR.includes(cases[at] as Case) ? isNear(one, other) : shown(one) === shown(other)
      return isSame ? [] : [`${call}: DuckDB ${shown(one)}, live ${shown(other)}`]
    })
    expect(wrong).toEqual([])
  }
}

function shown(value: Value): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : textOf([value])
}

function isNear(one: Value, other: Value): boolean {
  if (typeof one !== 'number' || typeof other !== 'number') return Object.is(one, other)
  return Object.is(one, other) || Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one))
}
