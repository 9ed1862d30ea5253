/** One aggregate of a GROUP BY; what has no exact, order-independent answer is refused by name. */
import {
  AGGREGATE_FUNCTIONS,
  type AggregateCall,
  type AggregateFunction,
  type AggregateSettings,
  type QuantileFraction,
} from './plan/aggregate.ts'
import type { SortKey } from './plan/sort-key.ts'
import type { Expression } from './expression/expression.ts'
import { byteOf, type ExpressionJson } from './plan-json.ts'
import { readExpression, readType } from './read-expression.ts'
import { type OrderJson, readSortKeys } from './read-sort-keys.ts'
import { sameExpression } from './fingerprint.ts'
import { Unsupported } from './sql-error.ts'

export interface AggregateJson extends ExpressionJson {
  readonly name: string
  readonly aggregate_type: string
  readonly filter: ExpressionJson | null
  readonly order_bys: { readonly orders: readonly OrderJson[] } | null
  readonly function_data?: FunctionData
}

interface FunctionData {
  readonly separator?: string
  readonly quantiles?: readonly QuantileJson[]
  readonly desc?: boolean
}

interface QuantileJson {
  readonly type: { readonly id: string; readonly type_info: { readonly scale?: number } | null }
  readonly value: number | bigint
}

/** DuckDB's other names of what we know. Its ways to sum doubles differ in their rounding errors alone. */
const ALIASES: Readonly<Record<string, AggregateFunction>> = {
  count_if: 'sum',
  countif: 'sum',
  mean: 'avg',
  fsum: 'sum',
  kahan_sum: 'sum',
  sumkahan: 'sum',
  sum_no_overflow: 'sum',
  favg: 'avg',
  array_agg: 'list',
  arbitrary: 'first',
  argmin: 'arg_min',
  min_by: 'arg_min',
  argmax: 'arg_max',
  max_by: 'arg_max',
  group_concat: 'string_agg',
  listagg: 'string_agg',
  median: 'quantile_cont',
  quantile: 'quantile_disc',
  variance: 'var_samp',
  stddev: 'stddev_samp',
}

/** Those that take the number of values as a last argument, by how many others they have. */
const OF_SEVERAL: Readonly<Partial<Record<AggregateFunction, { readonly inputs: number; readonly function: AggregateFunction }>>> = {
  min: { inputs: 1, function: 'min_n' },
  max: { inputs: 1, function: 'max_n' },
  arg_min: { inputs: 2, function: 'arg_min_n' },
  arg_max: { inputs: 2, function: 'arg_max_n' },
}

/** DuckDB takes no more of a group. */
const COUNT_LIMIT = 1_000_000

/** What is refused, and what to write instead. */
const REFUSED: Readonly<Record<string, string>> = {
  product: 'Its result depends on the order of the rows: take the exponential of a sum of logarithms if an estimate will do.',
  approx_count_distinct: 'Use count(DISTINCT ...), which is exact.',
  approx_quantile: 'Use quantile_cont, which is exact.',
  reservoir_quantile: 'Use quantile_cont, which is exact.',
  approx_top_k: 'Group by the value and count it.',
  histogram_exact: 'Group by the value and count it.',
  entropy: 'Group by the value, count it, and compute the entropy from the counts.',
}

/** Each value once is the same as each value as often as it is there. */
const IGNORES_REPEATS: ReadonlySet<AggregateFunction> = new Set([
  'min',
  'max',
  'bool_and',
  'bool_or',
  'bit_and',
  'bit_or',
  'any_value',
  'first',
  'last',
  'arg_min',
  'arg_max',
  'arg_min_null',
  'arg_max_null',
])

/** Of which the order of their rows decides the result. */
export const ORDERED_AGGREGATES: ReadonlySet<AggregateFunction> = new Set([
  'any_value',
  'first',
  'last',
  'arg_min',
  'arg_max',
  'arg_min_null',
  'arg_max_null',
  'arg_min_n',
  'arg_max_n',
  'string_agg',
  'list',
])

const OF_TWO: ReadonlySet<AggregateFunction> = new Set([
  'arg_min',
  'arg_max',
  'arg_min_null',
  'arg_max_null',
  'arg_min_n',
  'arg_max_n',
  'covar_pop',
  'covar_samp',
  'corr',
  'regr_count',
  'regr_avgx',
  'regr_avgy',
  'regr_slope',
  'regr_intercept',
  'regr_r2',
  'regr_sxx',
  'regr_syy',
  'regr_sxy',
])

export function readAggregateCall(json: AggregateJson): AggregateCall {
  const place = byteOf(json.query_location) ?? byteOf(json.children?.[0]?.query_location)
  const plain = ALIASES[json.name] ?? AGGREGATE_FUNCTIONS.find((name) => name === json.name)
  const given = (json.children ?? []).map(readExpression)
  const several = plain === undefined ? undefined : OF_SEVERAL[plain]
  const isOfSeveral = several !== undefined && given.length === several.inputs + 1
  const known = isOfSeveral ? several.function : plain
  const inputs = isOfSeveral ? given.slice(0, -1) : given
  const isDistinct = json.aggregate_type === 'DISTINCT'
  if (known === undefined || inputs.length > (OF_TWO.has(known) ? 2 : 1)) {
    throw new Unsupported(
      `the aggregate ${json.name}${inputs.length > 1 ? ` of ${inputs.length} arguments` : ''}`,
      place,
      REFUSED[json.name],
    )
  }
  const written = readSortKeys(json.order_bys?.orders ?? [])
  if (json.alias === COLLATED_GROUP) throw collatedGroup(json, place)
  if ((known === 'first' || known === 'last') && written.length === 0 && !isOfSubquery(json)) {
    throw new Unsupported(`${json.name} without an ORDER BY`, place, 'Give it an ORDER BY, or use any_value.')
  }
  const distinct = isDistinct && !IGNORES_REPEATS.has(known)
  if (distinct && inputs.length > 1) throw new Unsupported(`${json.name} of DISTINCT pairs`, place)
  return {
    function: known,
    type: readType(json.return_type, place),
    place,
    inputs,
    distinct,
    condition: json.filter === null || json.filter === undefined ? null : readExpression(json.filter),
    order: ORDERED_AGGREGATES.has(known) ? written : [],
    settings: isOfSeveral
      ? { count: countOf(given.at(-1), json.name, place) }
      : readSettings(json, { known, place, input: inputs[0], order: written }),
  }
}

/** What DuckDB calls the first of the different values that a group holds equal. */
const COLLATED_GROUP = '__collated_group'

function collatedGroup(json: AggregateJson, place: number | null): Unsupported {
  const id = json.return_type?.id ?? ''
  const isText = id === 'VARCHAR'
  const what = isText ? 'text with a collation' : `values of type ${id}`
  const way = isText ? 'Group by what is the same of them, such as lower(…).' : 'Group by a number or a text of it, such as epoch(…).'
  return new Unsupported(`GROUP BY of ${what}, of which different ones are equal,`, place, way)
}

function countOf(written: Expression | undefined, name: string, place: number | null): number {
  const bare = written?.kind === 'cast' ? written.input : written
  const count = bare?.kind === 'constant' && typeof bare.value === 'number' ? bare.value : 0
  if (count >= 1 && count < COUNT_LIMIT) return count
  throw new Unsupported(`${name} of a number of values that is not written from 1 to ${COUNT_LIMIT - 1}`, place, 'Write the number itself.')
}

/** DuckDB itself makes a FIRST of a subquery that must yield one row; its argument has no name. */
function isOfSubquery(json: AggregateJson): boolean {
  const [input] = json.children ?? []
  return input?.expression_class === 'BOUND_REF' && input.alias === ''
}

interface CallSoFar {
  readonly known: AggregateFunction
  readonly place: number | null
  readonly input: Expression | undefined
  readonly order: readonly SortKey[]
}

function readSettings(json: AggregateJson, { known, place, input, order }: CallSoFar): AggregateSettings {
  const data = json.function_data
  switch (known) {
    case 'string_agg':
      if (data?.separator === undefined) throw new Unsupported(`${json.name} with a separator that differs by row`, place)
      return { separator: data.separator }
    case 'quantile_cont':
    case 'quantile_disc': {
      if (data?.quantiles === undefined) throw new Unsupported(`${json.name} without a constant fraction`, place)
      return { fractions: data.quantiles.map(readFraction), descending: data.desc === true }
    }
    case 'mode':
      return { descending: isDescendingMode(input, order, place) }
    default:
      return {}
  }
}

function readFraction({ type, value }: QuantileJson): QuantileFraction {
  if (type.id !== 'DECIMAL') return { value: Number(value), decimal: null }
  const scale = type.type_info?.scale ?? 0
  return { value: Number(value) / 10 ** scale, decimal: { digits: value, scale } }
}

/** MODE takes the first of the values that are there most often: without an ORDER BY of it the least. */
function isDescendingMode(input: Expression | undefined, order: readonly SortKey[], place: number | null): boolean {
  const [key] = order
  if (key === undefined) return false
  if (input === undefined || !sameExpression(key.expression, input))
    throw new Unsupported('mode with an ORDER BY of something else than its argument', place)
  return key.descending
}
