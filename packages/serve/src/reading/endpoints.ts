/** Questions that a project declares: a condition over one model with typed parameters, an order, a limit. */
import { MillraceError } from '@millrace/base'
import { type EndpointConfig, sameSchema, type Schema, type Type, typeFromName, type Value } from '@millrace/core'
import { type Lane } from '@millrace/sql'
import { compileCondition, type ParameterCondition } from './condition.ts'
import { equalParameters } from './equal-parameters.ts'
import { rowsAnswer } from './look-up.ts'
import type { HeldRow, ModelRows } from './model-rows.ts'
import type { Reading } from './reading.ts'
import { READING_LIMITS } from './reading-limits.ts'
import { lanesOfRows, rowFilter } from './row-filter.ts'
import { type RowOrder, rowOrder } from './row-order.ts'
import { valueFromText } from './wanted-rows-request.ts'

export interface EndpointParameter {
  readonly name: string
  readonly type: Type
  /** As an address would have it; null where the parameter must be given. */
  readonly otherwise: string | null
}

export interface EndpointOptions {
  readonly name: string
  readonly model: string
  readonly schema: Schema
  readonly description: string | null
  readonly parameters: readonly EndpointParameter[]
  readonly condition: ParameterCondition | null
  readonly order: RowOrder | null
  readonly limit: number
  /** The columns that the condition compares with parameters: its rows are found by them. */
  readonly match: readonly { readonly column: number; readonly parameter: number }[]
}

export interface EndpointDeclaration extends EndpointConfig {
  readonly name: string
}

/** Raises READ_FILTER_INVALID; `problem` makes the error of what else is wrong. */
export async function compileEndpoint(
  declared: EndpointDeclaration,
  schema: Schema,
  problem: (what: string, place: string) => Error,
): Promise<EndpointOptions> {
  const { name, model, where, order, limit = 100, description = null } = declared
  const parameters = Object.entries(declared.parameters ?? {}).map(([parameter, told]): EndpointParameter => {
    const { type: typeName, default: otherwise = null } = typeof told === 'string' ? { type: told } : told
    const type = typeFromName(typeName)
    if (type === null) throw problem(`is no type: ${typeName}`, `parameters.${parameter}`)
    return { name: parameter, type, otherwise: otherwise === null ? null : String(otherwise) }
  })
  const condition = where === undefined ? null : await compileCondition({ model, schema, sql: where, parameters })
  const compiledOrder = order === undefined ? null : rowOrder(schema, order)
  if (order !== undefined && compiledOrder === null) throw problem(`is no order over the columns of ${model}: ${order}`, 'order')
  const match = condition === null ? [] : equalParameters(condition.expression, schema.columns.length)
  return { name, model, schema, description, parameters, condition, order: compiledOrder, limit, match }
}

export class Endpoints {
  readonly #reading: Reading
  readonly #endpoints: ReadonlyMap<string, EndpointOptions>

  constructor(reading: Reading, endpoints: readonly EndpointOptions[]) {
    this.#reading = reading
    this.#endpoints = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))
  }

  get all(): readonly EndpointOptions[] {
    return [...this.#endpoints.values()]
  }

  /** The rows as JSON. Raises ENDPOINT_UNKNOWN, ENDPOINT_PARAMETER and what reading raises. */
  async answer(name: string, query: URLSearchParams): Promise<string> {
    const endpoint = this.#endpoints.get(name)
    if (endpoint === undefined) throw new MillraceError('ENDPOINT_UNKNOWN', { details: { name } })
    const values = parametersFrom(endpoint, query)
    const feed = this.#reading.feed(endpoint.model)
    const rows = await this.#reading.rowsOf(feed)
    if (!sameSchema(feed.schema, endpoint.schema)) throw new MillraceError('READ_MODEL_FILLING', { details: { model: endpoint.model } })
    const found = await wantedOf(endpoint, rows, values)
    const { order } = endpoint
    if (order !== null) found.sort((left, right) => order.compare(left, right))
    return rowsAnswer(feed, found, endpoint.limit)
  }
}

function parametersFrom({ name, parameters }: EndpointOptions, query: URLSearchParams): readonly Value[] {
  const wrong = (parameter: string, problem: string, cause?: unknown): MillraceError =>
    new MillraceError('ENDPOINT_PARAMETER', { ...(cause === undefined ? {} : { cause }), details: { name, parameter, problem } })
  for (const given of query.keys()) {
    if (!parameters.some((parameter) => parameter.name === given)) throw wrong(given, 'is not declared')
    if (query.getAll(given).length > 1) throw wrong(given, 'is given twice')
  }
  return parameters.map(({ name: parameter, type, otherwise }) => {
    const text = query.get(parameter) ?? otherwise
    if (text === null) throw wrong(parameter, 'is missing')
    try {
      return valueFromText(type, text)
    } catch (cause) {
      if (!(cause instanceof MillraceError)) throw cause
      throw wrong(parameter, `is not of its type: ${cause.message.replace(/\.$/, '')}`, cause)
    }
  })
}

async function wantedOf({ condition, match, schema }: EndpointOptions, rows: ModelRows, values: readonly Value[]): Promise<HeldRow[]> {
  const places = match.map(({ column }) => column)
  const found = rows.find(
    places,
    match.map(({ parameter }) => values[parameter] as Value),
  )
  // Rows are immutable: this is one moment of them, however long the search takes.
  const candidates = found ?? rows.all()
  if (condition === null) return [...candidates]
  const filter = rowFilter(null, condition.withValues(values))
  const wanted: HeldRow[] = []
  for (let from = 0; from < candidates.length; from += READING_LIMITS.scanSlice) {
    const slice = candidates.slice(from, from + READING_LIMITS.scanSlice)
    const lanes: readonly Lane[] = lanesOfRows(schema, filter, slice)
    const isWanted = filter.condition?.test(lanes, slice.length)
    for (const [at, row] of slice.entries()) if (isWanted?.[at] === 1) wanted.push(row)
    if (from + READING_LIMITS.scanSlice < candidates.length) await new Promise((resolve) => setImmediate(resolve))
  }
  return wanted
}
