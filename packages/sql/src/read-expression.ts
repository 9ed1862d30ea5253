/** Turns DuckDB's serialised expressions into ours; what has no exact counterpart is refused by name. */
import { columnReference } from './expression/column-reference.ts'
import { call } from './expression/call.ts'
import { cast } from './expression/cast.ts'
import { choice } from './expression/choice.ts'
import { coalesce } from './expression/coalesce.ts'
import { comparison, type ComparisonOperator } from './expression/comparison.ts'
import { conjunction } from './expression/conjunction.ts'
import { constant } from './expression/constant.ts'
import type { Expression } from './expression/expression.ts'
import { membership } from './expression/membership.ts'
import { negation } from './expression/negation.ts'
import { nullTest } from './expression/null-test.ts'
import { describePlanType, type ExpressionType, type PlanType, typeOfPlan } from './duckdb-type.ts'
import { byteOf, type ExpressionJson } from './plan-json.ts'
import { type ConstantJson, readConstant } from './read-constant.ts'
import { Unsupported } from './sql-error.ts'

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  COMPARE_EQUAL: 'equal',
  COMPARE_NOTEQUAL: 'notEqual',
  COMPARE_LESSTHAN: 'less',
  COMPARE_LESSTHANOREQUALTO: 'lessOrEqual',
  COMPARE_GREATERTHAN: 'greater',
  COMPARE_GREATERTHANOREQUALTO: 'greaterOrEqual',
  COMPARE_DISTINCT_FROM: 'distinct',
  COMPARE_NOT_DISTINCT_FROM: 'notDistinct',
}

export function readComparisonOperator(name: string, place: number | null): ComparisonOperator {
  const operator = COMPARISONS[name]
  if (operator === undefined) throw new Unsupported(`the comparison ${name}`, place)
  return operator
}

export function readType(type: PlanType | undefined, place: number | null): ExpressionType {
  if (type === undefined) throw new Unsupported('a value of an unknown type', place)
  return typeOfPlan(type)
}

export function readExpression(json: ExpressionJson): Expression {
  const place = byteOf(json.query_location)
  switch (json.expression_class) {
    case 'BOUND_REF':
      return columnReference(Number(json['index']), readType(json.return_type, place), place)
    case 'BOUND_COLUMN_REF':
      return readColumnOfBelow(json, place)
    case 'BOUND_CONSTANT':
      return readConstantExpression(json, place)
    case 'BOUND_CAST':
      return cast(child(json, 'child'), readType(json.return_type, place), { lenient: json['try_cast'] === true, place })
    case 'BOUND_COMPARISON':
      return { ...comparison(readComparisonOperator(json.type, place), child(json, 'left'), child(json, 'right')), place }
    case 'BOUND_CONJUNCTION':
      return conjunction(json.type === 'CONJUNCTION_AND' ? 'and' : 'or', children(json), place)
    case 'BOUND_BETWEEN':
      return readBetween(json, place)
    case 'BOUND_OPERATOR':
      return readOperator(json, place)
    case 'BOUND_CASE':
      return readChoice(json, place)
    case 'BOUND_FUNCTION':
      return readCall(json, place)
    default:
      throw new Unsupported(`the expression ${json.type}`, place)
  }
}

/** Below a table function the binder leaves the columns of a row by their place in what is below. */
function readColumnOfBelow(json: ExpressionJson, place: number | null): Expression {
  const { column_index: index } = json['binding'] as { readonly column_index: number | bigint }
  return columnReference(Number(index), readType(json.return_type, place), place)
}

interface LambdaJson {
  readonly lambda_expr: ExpressionJson
  readonly has_index: boolean
  readonly has_initial: boolean
}

function readCall(json: ExpressionJson, place: number | null): Expression {
  const name = String(json['name'])
  const data = json['function_data'] as Partial<LambdaJson> | undefined
  const type = readType(json.return_type, place)
  if (data?.lambda_expr === undefined) return call(name, [...children(json), ...erasedInputs(json, place)], { type, place })
  const parameterCount = (name.endsWith('reduce') ? 2 : 1) + (data.has_index === true ? 1 : 0)
  const lambda = { body: readExpression(data.lambda_expr), parameterCount, hasInitial: data.has_initial === true }
  return call(name, children(json), { type, place, lambda })
}

interface AggregatedJson {
  readonly bind_data?: { readonly aggr_expr?: { readonly name?: string; readonly function_data?: { readonly separator?: unknown } } }
}

/** Some binders take a constant out of the inputs and keep it to themselves: without it the call means something else. */
function erasedInputs(json: ExpressionJson, place: number | null): readonly Expression[] {
  if (!hasErased(json) && !hasErased(json['function_data'])) return []
  const aggregated = (json['function_data'] as AggregatedJson | undefined)?.bind_data?.aggr_expr
  const separator = aggregated?.function_data?.separator
  if (aggregated?.name === 'string_agg' && typeof separator === 'string') return [constant(separator, { kind: 'text' }, place)]
  throw new Unsupported(
    `the function ${String(json['name'])} with these arguments`,
    place,
    'Write it with fewer arguments, as several calls.',
  )
}

function hasErased(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false
  if ('original_arguments' in json && Array.isArray(json.original_arguments) && json.original_arguments.length > 0) return true
  return Object.entries(json).some(([field, inner]) => field !== 'children' && field !== 'lambda_expr' && hasErased(inner))
}

function child(json: ExpressionJson, field: string): Expression {
  return readExpression(json[field] as ExpressionJson)
}

function children(json: ExpressionJson): readonly Expression[] {
  return (json.children ?? []).map(readExpression)
}

function readConstantExpression(json: ExpressionJson, place: number | null): Expression {
  const written = json['value'] as ConstantJson
  const type = readType(written.type, place)
  const value = readConstant(written, type)
  if (value === undefined) throw new Unsupported(`a constant of type ${describePlanType(written.type)}`, place)
  return constant(value, type, place)
}

function readBetween(json: ExpressionJson, place: number | null): Expression {
  const input = child(json, 'input')
  const lower = comparison(json['lower_inclusive'] === true ? 'greaterOrEqual' : 'greater', input, child(json, 'lower'))
  const upper = comparison(json['upper_inclusive'] === true ? 'lessOrEqual' : 'less', input, child(json, 'upper'))
  return conjunction('and', [lower, upper], place)
}

function readOperator(json: ExpressionJson, place: number | null): Expression {
  const [first, ...others] = children(json)
  if (first === undefined) throw new Unsupported(`the operator ${json.type}`, place)
  switch (json.type) {
    case 'OPERATOR_TRY':
      // Where the inner expression fails in a batch, DuckDB 1.5.6 goes on row by row over memory that it has let go.
      throw new Unsupported('TRY', place, 'Write TRY_CAST for a cast that may fail, or leave out with CASE what has no value.')
    case 'OPERATOR_NOT':
      return negation(first, place)
    case 'OPERATOR_IS_NULL':
    case 'OPERATOR_IS_NOT_NULL':
      return nullTest(first, { negated: json.type === 'OPERATOR_IS_NOT_NULL', place })
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      return membership(first, others, { negated: json.type === 'COMPARE_NOT_IN', place })
    case 'OPERATOR_COALESCE':
      return coalesce([first, ...others], readType(json.return_type, place), place)
    default:
      throw new Unsupported(`the operator ${json.type.replace('OPERATOR_', '')}`, place)
  }
}

interface CaseJson {
  readonly when_expr: ExpressionJson
  readonly then_expr: ExpressionJson
}

function readChoice(json: ExpressionJson, place: number | null): Expression {
  const arms = (json['case_checks'] as readonly CaseJson[]).map((arm) => ({
    when: readExpression(arm.when_expr),
    then: readExpression(arm.then_expr),
  }))
  return choice(arms, child(json, 'else_expr'), place)
}
