/**
 * A condition over a model's columns, as SQL writes it. DuckDB binds it to the model's types, and the same
 * compiler makes it run that runs the models: a filter here means what it means in a model. It may have
 * parameters, `$country`; each is bound as a column of its own, so that a value is never part of the SQL.
 */
import { MillraceError } from '@millrace/base'
import { layoutOf, type Schema, type Type, type Value } from '@millrace/core'
import {
  bindModels,
  columnsOf,
  compilePredicate,
  EvaluationFailure,
  type Expression,
  type Lane,
  laneFrom,
  type Plan,
  quoteIdentifier,
  rewrite,
} from '@millrace/sql'
import { READING_LIMITS } from './reading-limits.ts'

export interface Condition {
  /** The same text, the same rows. */
  readonly text: string
  readonly expression: Expression
  /** The columns of the model that it looks at. */
  readonly columns: readonly number[]
  /** Per row 1 where it is true. Raises READ_FILTER_FAILED. */
  test(lanes: readonly Lane[], count: number): Uint8Array
}

export interface ConditionParameter {
  readonly name: string
  readonly type: Type
}

export interface ConditionRequest {
  readonly model: string
  readonly schema: Schema
  readonly sql: string
  readonly parameters?: readonly ConditionParameter[]
}

/** A condition whose parameters have no values yet. */
export interface ParameterCondition {
  readonly expression: Expression
  withValues(values: readonly Value[]): Condition
}

const RELATION = 'model'

/** Raises READ_FILTER_INVALID. */
export async function compileCondition(request: ConditionRequest): Promise<ParameterCondition> {
  const { model, schema, sql, parameters = [] } = request
  const expression = await boundCondition(request)
  const predicate = compilePredicate(expression)
  const width = schema.columns.length
  const columns = [...columnsOf(expression)].filter((column) => column < width)
  const test = (lanes: readonly Lane[], count: number, values: readonly Value[]): Uint8Array => {
    const constants = values.map((value, at) =>
      laneFrom(layoutOf((parameters[at] as ConditionParameter).type), new Array<Value>(count).fill(value)),
    )
    const selection = new Int32Array(count)
    const wanted = new Uint8Array(count)
    try {
      const found = predicate([...lanes, ...constants], count, selection)
      for (let at = 0; at < found; at += 1) wanted[selection[at] as number] = 1
      return wanted
    } catch (error) {
      if (!(error instanceof EvaluationFailure)) throw error
      throw new MillraceError('READ_FILTER_FAILED', { cause: error, details: { model, problem: error.message } })
    }
  }
  return {
    expression,
    withValues: (values) => ({
      text: values.length === 0 ? sql : `${sql} ${JSON.stringify(values.map(String))}`,
      expression,
      columns,
      test: (lanes, count) => test(lanes, count, values),
    }),
  }
}

async function boundCondition({ model, schema, sql, parameters = [] }: ConditionRequest): Promise<Expression> {
  const refused = (problem: string, cause?: unknown): MillraceError =>
    new MillraceError('READ_FILTER_INVALID', { ...(cause === undefined ? {} : { cause }), details: { model, problem } })
  if (sql.length > READING_LIMITS.conditionLength) throw refused(`it is longer than ${READING_LIMITS.conditionLength} characters`)
  const names = new Set(parameters.map(({ name }) => name))
  const unknown = parametersOf(sql).find((name) => !names.has(name))
  if (unknown !== undefined) throw refused(`$${unknown} is no parameter`)
  const columns = [...schema.columns, ...parameters.map(({ name, type }) => ({ name: `$${name}`, type, nullable: true }))]
  const text = `SELECT * FROM ${RELATION} WHERE (${withParameters(sql, (name) => quoteIdentifier(`$${name}`))}\n)`
  const { bound, errors } = await bindModels({
    models: [{ name: 'wanted', sql: text, file: 'where' }],
    streams: [{ name: RELATION, schema: { columns, key: [] } }],
  })
  const [error] = errors
  if (error !== undefined) throw refused(String(error.details['problem'] ?? error.details['construct'] ?? error.message), error)
  const plan = bound[0]?.plan
  const condition =
    plan === undefined
      ? null
      : conditionOf(
          plan,
          columns.map(({ name }) => name),
        )
  if (condition === null) throw refused('it is more than one condition over the columns of the model')
  return condition
}

/** The condition over the relation's own columns; null where the plan is anything but a filter of them. */
function conditionOf(plan: Plan, names: readonly string[]): Expression | null {
  if (plan.kind === 'project') return conditionOf(plan.input, names)
  if (plan.kind !== 'filter' || plan.input.kind !== 'scan') return null
  const scanned = plan.input.columns
  return rewrite(plan.condition, (part) => (part.kind === 'column' ? { ...part, index: names.indexOf(scanned[part.index] ?? '') } : part))
}

/** Text, quoted names and comments are not searched for parameters. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([a-z_][a-z0-9_]*)/gi

function withParameters(sql: string, replace: (name: string) => string): string {
  return sql.replaceAll(TOKEN, (token: string, name: string | undefined) => (name === undefined ? token : replace(name)))
}

function parametersOf(sql: string): string[] {
  return [...sql.matchAll(TOKEN)].flatMap((match) => match[1] ?? [])
}
