/** A column of every type, with few common values and, now and then, the extremes of the type. */
import { pick, type Random } from '@millrace/base'
import { DATE_INFINITY, TIMESTAMP_INFINITY, type Type, type Value } from '@millrace/core'

export interface WideColumn {
  readonly name: string
  readonly type: Type
  readonly common: readonly Value[]
  readonly rare: readonly Value[]
}

const DAY = 86_400_000_000
const I64 = 9_223_372_036_854_775_807n
const D38 = 10n ** 38n - 1n

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

/**
 * The sums of `f4` are exact in any order, so that DuckDB's are too; `f8` is never added up. No value is -0, of
 * which equal values would not be the same.
 */
export const WIDE_COLUMNS: readonly WideColumn[] = [
  { name: 'i1', type: { kind: 'int8' }, common: [0, 1, -1, 2], rare: [127, -128] },
  { name: 'i4', type: { kind: 'int32' }, common: [0, 1, 2, 3, 7], rare: [2_147_483_647, -2_147_483_648] },
  { name: 'i8', type: { kind: 'int64' }, common: [0, 1, 2, -3], rare: [I64, -I64 - 1n, 9_007_199_254_740_993n] },
  { name: 'u2', type: { kind: 'uint16' }, common: [0, 1, 5], rare: [65_535] },
  { name: 'u8', type: { kind: 'uint64' }, common: [0, 1, 3], rare: [18_446_744_073_709_551_615n, 9_007_199_254_740_993n] },
  { name: 'hg', type: { kind: 'hugeint' }, common: [0, 1, -2], rare: [(1n << 127n) - 1n, -(1n << 127n)] },
  { name: 'dm', type: { kind: 'decimal', width: 8, scale: 2 }, common: [0, 150, -25, 1999], rare: [99_999_999, -99_999_999] },
  { name: 'dw', type: { kind: 'decimal', width: 38, scale: 10 }, common: [0, 15_000_000_000, -5, 1], rare: [D38, -D38, 10n ** 27n] },
  { name: 'f4', type: { kind: 'float32' }, common: [0, 1.5, -0.125, 12.25], rare: [1000.5] },
  {
    name: 'f8',
    type: { kind: 'float64' },
    common: [0, 0.1, -2.5, 1e10],
    rare: [NaN, Infinity, -Infinity, 1.797_693_134_862_315_7e308, 5e-324],
  },
  { name: 'bo', type: { kind: 'boolean' }, common: [true, false], rare: [] },
  {
    name: 'tx',
    type: { kind: 'text' },
    common: ['', 'a', 'b', 'a,b', 'Ab'],
    rare: ['é,ß', '😀x', '12', '2024-02-29', "it's", '1e5', ' a ', 'e\u0301', 'a\0b', '\uFFFD', 'ab'.repeat(150)],
  },
  { name: 'bl', type: { kind: 'bytes' }, common: [bytes(), bytes(97), bytes(0, 255)], rare: [bytes(195, 169), bytes(92, 120)] },
  {
    name: 'uu',
    type: { kind: 'uuid' },
    common: ['00000000-0000-0000-0000-000000000001', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'],
    rare: ['ffffffff-ffff-ffff-ffff-ffffffffffff', '80000000-0000-0000-0000-000000000000'],
  },
  {
    name: 'js',
    type: { kind: 'json' },
    common: ['{"a":1}', '{"a": "x", "b": [1, 2]}', '[]'],
    rare: ['null', '"t"', '{"a":{"c":null},"b":["é"]}', '1.50', '[1,[2,"3"]]'],
  },
  {
    name: 'da',
    type: { kind: 'date' },
    common: [19_700, 19_701, 19_731],
    rare: [DATE_INFINITY, -DATE_INFINITY, -800_000, 0, 2_932_896, 11_016],
  },
  { name: 'tm', type: { kind: 'time' }, common: [0, 43_200_000_000, 3_723_500_000], rare: [DAY - 1, DAY] },
  {
    name: 'ts',
    type: { kind: 'timestamp' },
    common: [19_700 * DAY, 19_700 * DAY + 5_000_000, 19_700 * DAY + 12_000_001, 19_701 * DAY + 1],
    rare: [TIMESTAMP_INFINITY, -TIMESTAMP_INFINITY, -70_000_000_000_000_000n, -1, 951_782_400_000_000],
  },
  {
    name: 'tz',
    type: { kind: 'timestamptz' },
    common: [19_700 * DAY, 19_700 * DAY + 3_600_000_000, 1_711_846_800_000_000],
    rare: [TIMESTAMP_INFINITY, -62_135_596_800_000_000n, -1],
  },
  {
    name: 'iv',
    type: { kind: 'interval' },
    common: ['00:00:00', '1 day', '24:00:00', '1 month'],
    rare: ['-1 month', '1 year 2 months 3 days 04:05:06.789', '-00:00:00.000001', '30 days'],
  },
  { name: 'en', type: { kind: 'enum', members: ['new', 'paid', 'Done', "o'k"] }, common: ['new', 'paid', 'Done'], rare: ["o'k"] },
  {
    name: 'li',
    type: { kind: 'list', element: { kind: 'int64' } },
    common: ['[]', '[1]', '[2,1]', '[1,null,1]'],
    rare: ['[null]', '[-5,"9223372036854775807"]', '[3,3,3,2,1,0]'],
  },
  {
    name: 'lt',
    type: { kind: 'list', element: { kind: 'text' } },
    common: ['[]', '["a"]', '["b","a"]'],
    rare: ['[null,""]', '["é","q\'\\"\\\\, "]', '["NULL"]'],
  },
  {
    name: 'st',
    type: {
      kind: 'struct',
      fields: [
        { name: 'n', type: { kind: 'int64' } },
        { name: 's', type: { kind: 'text' } },
        { name: 'l', type: { kind: 'list', element: { kind: 'int64' } } },
      ],
    },
    common: ['{"n":1,"s":"a","l":[1]}', '{"n":1,"s":"a","l":[]}', '{"n":null,"s":null,"l":null}'],
    rare: ['{"n":-1,"s":"é","l":[null]}', '{"n":2,"s":"","l":[1,2]}'],
  },
  {
    name: 'mp',
    type: { kind: 'map', key: { kind: 'text' }, value: { kind: 'int64' } },
    common: ['[]', '[{"key":"a","value":1}]', '[{"key":"b","value":2},{"key":"a","value":null}]'],
    rare: ['[{"key":"a","value":null},{"key":"b","value":2}]', '[{"key":"","value":-1}]'],
  },
]

/** A value of a column, as often as not one of the first two. */
export function wideValue(random: Random, { common, rare }: WideColumn): Value {
  const roll = random.below(20)
  if (roll < 3) return null
  if (roll === 3 && rare.length > 0) return pick(random, rare)
  return pick(random, roll < 11 ? common.slice(0, 2) : common)
}
