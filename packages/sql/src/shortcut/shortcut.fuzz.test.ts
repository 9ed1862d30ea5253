import { decodeVectors, encodeVectors, layoutOf, sqlNameOf, type Type, type Value, valueAt, type Vector, vectorOf } from '@millrace/core'
import { assert } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ComparisonOperator } from '../expression/comparison.ts'
import type { ShortcutCall } from '../expression/foreign.ts'
import { evaluateInDuckdb } from '../foreign/evaluator.ts'
import { distanceName } from './distance-shortcut.ts'
import { type Shortcut, shortcutOf } from './shortcut.ts'

const TEXT: Type = { kind: 'text' }
const TIMESTAMP: Type = { kind: 'timestamp' }

const word = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'A', 'é', '😀', '1', '0', '-', '.', '/', '&', '=', ' ', '_', '\n', '\r'),
  maxLength: 14,
})
const numeric = fc.oneof(
  fc.bigInt(-(2n ** 65n), 2n ** 65n).map(String),
  fc.bigInt(-(10n ** 17n), 10n ** 17n).map(String),
  fc.double({ noNaN: true }).map(String),
  fc.integer().map((value) => `0${value}`),
  fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat(9_999_999)).map(([whole, rest]) => `${whole}.${rest}`),
  fc.constantFrom('-0', '-0.0', '', '-', '+1', ' 1', '1e3', '0x1f', '1_000', '.5', '5.', '00', 'true', 'false', 'TRUE', 't'),
)
const calendar = fc
  .tuple(fc.integer({ min: 998, max: 10_001 }), fc.nat(13), fc.nat(32), fc.nat(25), fc.nat(60), fc.nat(1_000_000))
  .map(([year, month, day, hour, minute, micros]) => {
    const two = (value: number): string => String(value).padStart(2, '0')
    return `${year}-${two(month)}-${two(day)}${micros % 3 === 0 ? '' : ` ${two(hour)}:${two(minute)}:00${micros % 2 === 0 ? '' : `.${micros}`}`}`
  })
/** Close to where a second, a minute, an hour or a day begins, on both sides of 1970. */
const border = fc
  .tuple(
    fc.constantFrom(0, 86_400_000_000 * 19_000),
    fc.constantFrom(1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000),
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: -2, max: 2 }),
  )
  .map(([base, unit, times, beside]) => base + unit * times + beside)
const moment = fc.oneof(
  border,
  fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
  fc.integer({ min: -1e15, max: 2e15 }),
  fc.integer({ min: -100, max: 100 }),
)

interface Case {
  readonly sql: string
  readonly call: ShortcutCall
  readonly output: Type
  readonly inputs: fc.Arbitrary<Value>
}

function cast(output: Type, inputs: fc.Arbitrary<Value>): Case {
  const made = { name: `cast ${output.kind}`, types: [TEXT, output], arguments: [0] }
  return { sql: `TRY_CAST(a0 AS ${sqlNameOf(output)})`, call: made, output, inputs }
}

/** The number 0 is the input. */
function call(
  name: string,
  given: readonly (string | number)[],
  { input, output, inputs, sql }: { input: Type; output: Type; inputs: fc.Arbitrary<Value>; sql: string },
): Case {
  const places = given.map((each) => (each === 0 ? 0 : { value: each }))
  return { sql, call: { name, types: given.map((each) => (each === 0 ? input : TEXT)), arguments: places }, output, inputs }
}

const PATTERNS = [
  'a+',
  '^a|b$',
  '(a|b)(c?)',
  '(&|^)a=([^&]*)',
  '.',
  '.*?b',
  '[a-c]+[^a]',
  '\\d',
  '\\w*',
  'a.',
  '(?:a|ab)(.)',
  '',
  '$',
  '\\.',
  '[0-9 _]+',
  '(a)|(b)',
]

const OPERATORS: Readonly<Partial<Record<ComparisonOperator, string>>> = {
  equal: '=',
  notEqual: '<>',
  less: '<',
  lessOrEqual: '<=',
  greater: '>',
  greaterOrEqual: '>=',
}
/** Close to where a distance is as long as one of the intervals. */
const distanceNear = fc
  .tuple(
    fc.constantFrom(0, 10, 86_400, 86_400 * 30, 86_400 * 40, 86_400 * 63 + 1, 360_000),
    fc.constantFrom(1, -1),
    fc.integer({ min: -1, max: 1 }),
  )
  .map(([seconds, sign, beside]) => seconds * 1_000_000 * sign + beside)

const CASES: readonly Case[] = [
  cast({ kind: 'int64' }, numeric),
  cast({ kind: 'int8' }, numeric),
  cast({ kind: 'float64' }, numeric),
  cast({ kind: 'boolean' }, numeric),
  cast({ kind: 'date' }, calendar),
  cast({ kind: 'timestamp' }, calendar),
  ...['/', 'ab', '.'].flatMap((by) =>
    [1, 2, 3].map((at) =>
      call('split item', [0, by, at], { input: TEXT, output: TEXT, inputs: word, sql: `string_split(a0, '${by}')[${at}]` }),
    ),
  ),
  ...['%Y-%m-%d', '%H:%M:%S.%f', '%d/%m %%', '%H:%M', '%H', '%M:%S'].map((format) =>
    call('strftime', [0, format], { input: TIMESTAMP, output: TEXT, inputs: moment, sql: `strftime(a0, '${format}')` }),
  ),
  ...['00:00:10', '7 days', '1 day 00:00:00.000001', '2 days 03:00:00'].map((width): Case => {
    const bucket = { name: 'time_bucket', types: [{ kind: 'interval' }, TIMESTAMP] as const, arguments: [{ value: width }, 0] }
    return { sql: `time_bucket(INTERVAL '${width}', a0)`, call: bucket, output: TIMESTAMP, inputs: moment }
  }),
  ...PATTERNS.flatMap((pattern) => [
    call('regexp_extract', [0, pattern], { input: TEXT, output: TEXT, inputs: word, sql: `regexp_extract(a0, '${pattern}')` }),
    call('regexp_matches', [0, pattern], {
      input: TEXT,
      output: { kind: 'boolean' },
      inputs: word,
      sql: `regexp_matches(a0, '${pattern}')`,
    }),
    call('regexp_full_match', [0, pattern], {
      input: TEXT,
      output: { kind: 'boolean' },
      inputs: word,
      sql: `regexp_full_match(a0, '${pattern}')`,
    }),
  ]),
  call('regexp_extract', [0, '(&|^)a=([^&]*)', 2], {
    input: TEXT,
    output: TEXT,
    inputs: word,
    sql: "regexp_extract(a0, '(&|^)a=([^&]*)', 2)",
  }),
]

/** NULL where there is no value. */
function byDuckdb(asked: Case, values: readonly Value[]): readonly Value[] {
  const { sql, output, call: made } = asked
  const { types, arguments: given } = made
  const input = types[given.indexOf(0)] as Type
  const bytes = encodeVectors([vectorOf(layoutOf(input), values)], values.length)
  const answer = evaluateInDuckdb({ sql, inputs: [input], output, count: values.length, bytes })
  if (!('bytes' in answer)) {
    assert(/out of range|conversion|invalid input/.test(answer.problem), answer.problem)
    const half = values.length >> 1
    return half === 0 ? [null] : [...byDuckdb(asked, values.slice(0, half)), ...byDuckdb(asked, values.slice(half))]
  }
  const { vectors } = decodeVectors(answer.bytes)
  return values.map((_, row) => valueAt(vectors[0] as Vector, row) as Value)
}

describe('law 3: what is known for sure is what DuckDB says', () => {
  it.each(CASES.map((each) => [each.sql, each] as const))('%s', (_, given) => {
    const found = shortcutOf(given.call)
    assert(found !== null, 'there is a shortcut')
    const shortcut = (value: Value): Value | undefined => found(value, null)
    let known = 0
    fc.assert(
      fc.property(fc.array(given.inputs, { minLength: 100, maxLength: 100 }), (values) => {
        const expected = byDuckdb(given, values)
        const results = values.map(shortcut).map((value, row) => (value === undefined ? expected[row] : value))
        known += values.filter((value) => shortcut(value) !== undefined).length
        expect(results).toEqual(expected)
      }),
      { numRuns: 12 },
    )
    expect(known).toBeGreaterThan(0)
  })

  it.each(
    [
      '00:00:10',
      '00:00:00',
      '1 day',
      '29 days 23:59:59.999999',
      '30 days',
      '1 month',
      '2 months 3 days 00:00:01',
      '40 days',
      '100:00:00',
    ].flatMap((width) => Object.entries(OPERATORS).map(([operator, sign]) => [width, sign, operator as ComparisonOperator] as const)),
  )('a distance compared with %s by %s', (width, sign, operator) => {
    const types: readonly Type[] = [TIMESTAMP, TIMESTAMP, { kind: 'interval' }]
    const shortcut = shortcutOf({ name: distanceName(operator), types, arguments: [0, 1, { value: width }] })
    assert(shortcut !== null, 'there is a shortcut')
    const pairs = fc.oneof(
      fc.tuple(moment, moment),
      fc.tuple(fc.integer({ min: -1e15, max: 1e15 }), distanceNear).map(([at, by]): [number, number] => [at + by, at]),
    )
    const sql = `(a0 - a1) ${sign} INTERVAL '${width}'`
    fc.assert(
      fc.property(fc.array(pairs, { minLength: 100, maxLength: 100 }), (rows) => {
        const columns = [0, 1].map((side) =>
          vectorOf(
            'integer',
            rows.map((row) => row[side] as number),
          ),
        )
        const output: Type = { kind: 'boolean' }
        const bytes = encodeVectors(columns, rows.length)
        const answer = evaluateInDuckdb({ sql, inputs: [TIMESTAMP, TIMESTAMP], output, count: rows.length, bytes })
        assert('bytes' in answer, 'the distances are within bounds')
        const { vectors } = decodeVectors(answer.bytes)
        const expected = rows.map((_, row) => valueAt(vectors[0] as Vector, row) as Value)
        const results = rows.map(([one, other], row) => shortcut(one, other) ?? expected[row])
        expect(results).toEqual(expected)
        expect(rows.some(([one, other]) => shortcut(one, other) !== undefined)).toBe(true)
      }),
      { numRuns: 6 },
    )
  })

  it.each(['-1 days', '-00:00:01', '1 month -1 days', '29 days 24:00:00', '15 days 400:00:00', 'x'])(
    'a distance from %s, whose parts are of two minds, is left to DuckDB',
    (width) => {
      const types: readonly Type[] = [TIMESTAMP, TIMESTAMP, { kind: 'interval' }]
      expect(shortcutOf({ name: distanceName('less'), types, arguments: [0, 1, { value: width }] })).toBeNull()
    },
  )

  it.each(['(a+)+', 'a{2}', '(?i)a', '[[:alpha:]]', '\\s', '\\bx', 'a++', '(ab)*', 'a*b*c*', '(?P<n>a)', '*', '(', '[^]]', '\\1', 'x**'])(
    'the pattern %s is left to DuckDB',
    (pattern) => {
      expect(shortcutOf({ name: 'regexp_matches', types: [TEXT, TEXT], arguments: [0, { value: pattern }] })).toBeNull()
    },
  )

  it('a long text is left to DuckDB, whose time grows with it alone', () => {
    const shortcut = shortcutOf({ name: 'regexp_matches', types: [TEXT, TEXT], arguments: [0, { value: 'a*b' }] }) as Shortcut
    expect(shortcut('a'.repeat(100_000), null)).toBeUndefined()
  })
})
