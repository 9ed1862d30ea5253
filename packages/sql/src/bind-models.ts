/**
 * Binds all models of a project at once: every error of every model is found in one run. A model is
 * bound after the models that it reads, because its types follow from theirs.
 */
import { MillraceError } from '@millrace/base'
import type { Schema, Watermark } from '@millrace/core'
import type { TableDefinition } from './create-tables.ts'
import { checkCompiles } from './compile/check.ts'
import { fingerprintOf } from './fingerprint.ts'
import { delegate } from './delegate.ts'
import { relationAddress } from './identifier.ts'
import { mapExpressions } from './plan/map-expressions.ts'
import type { Plan } from './plan/plan.ts'
import { relationsOf } from './plan/plan-parts.ts'
import type { ScannedRelation } from './plan/scan.ts'
import { missingRelation } from './missing-relation.ts'
import { MissingRelation, openPlanner, type Planner } from './planner.ts'
import { readPlan } from './read-plan.ts'
import { fileOf, type ModelSource, sqlError, Unsupported, unsupportedError } from './sql-error.ts'
import { uniqueKeyOf } from './unique-key.ts'

export interface BoundModel {
  readonly name: string
  readonly sql: string
  readonly file: string
  /** The columns of its rows and the key that is proven to identify one; no key where none is. */
  readonly schema: Schema
  /** The streams and models that it reads. */
  readonly inputs: readonly string[]
  readonly plan: Plan
  /** Two models with equal fingerprints mean the same. */
  readonly fingerprint: string
  /** Of the streams that it reads itself, what is late. */
  readonly watermarks?: Readonly<Record<string, Watermark>>
}

export interface BindRequest {
  readonly models: readonly ModelSource[]
  readonly streams: readonly TableDefinition[]
}

export interface BindResult {
  /** In an order in which every model comes after those it reads. Models with an error are not in it. */
  readonly bound: readonly BoundModel[]
  readonly errors: readonly MillraceError[]
}

export async function bindModels({ models, streams }: BindRequest): Promise<BindResult> {
  const planner = await openPlanner(streams)
  try {
    const binder = new Binder(planner, streams)
    const named = binder.withoutNamesakes(models)
    for (const model of named.values()) await binder.bind(model, named, [])
    return { bound: [...binder.bound.values()], errors: binder.errors }
  } finally {
    planner.close()
  }
}

class Binder {
  readonly bound = new Map<string, BoundModel>()
  readonly errors: MillraceError[] = []
  readonly #planner: Planner
  readonly #schemas: Map<string, Schema>
  readonly #watermarks: ReadonlyMap<string, Watermark>
  /** DuckDB finds tables whatever their case. */
  readonly #relations = new Map<string, string>()
  readonly #done = new Set<string>()

  constructor(planner: Planner, streams: readonly TableDefinition[]) {
    this.#planner = planner
    this.#schemas = new Map(streams.map(({ name, schema }) => [name, schema]))
    this.#watermarks = new Map(streams.flatMap(({ name, watermark }) => (watermark === undefined ? [] : [[name, watermark]])))
    for (const { name } of streams) this.#relations.set(foldedName(name), name)
  }

  /** The models by their folded name; the second of two with one name is an error. */
  withoutNamesakes(models: readonly ModelSource[]): ReadonlyMap<string, ModelSource> {
    const named = new Map<string, ModelSource>()
    for (const model of models) {
      const folded = foldedName(model.name)
      const other = named.get(folded)
      const taken = other === undefined ? this.#relations.get(folded) : fileOf(other)
      if (taken === undefined) named.set(folded, model)
      else this.errors.push(new MillraceError('MODEL_NAME_TAKEN', { details: { model: model.name, file: fileOf(model), other: taken } }))
    }
    return named
  }

  async bind(model: ModelSource, models: ReadonlyMap<string, ModelSource>, readers: readonly ModelSource[]): Promise<void> {
    if (this.#done.has(model.name)) return
    const start = readers.indexOf(model)
    if (start >= 0) {
      this.#fail(readers.slice(start), circleError([...readers.slice(start), model]))
      return
    }
    const error = await this.#attempt(model, models, readers)
    if (error !== null && !this.#done.has(model.name)) this.#fail([model], error)
    this.#done.add(model.name)
  }

  async #attempt(
    model: ModelSource,
    models: ReadonlyMap<string, ModelSource>,
    readers: readonly ModelSource[],
  ): Promise<MillraceError | null> {
    const awaited = new Set<string>()
    for (;;) {
      try {
        await this.#bindNow(model)
        return null
      } catch (error) {
        if (error instanceof Unsupported) return unsupportedError(model, error.what)
        if (error instanceof MillraceError) return error
        if (!(error instanceof MissingRelation)) throw error
        const missing = models.get(foldedName(error.relation))
        if (missing === undefined || awaited.has(missing.name))
          return sqlError(model, {
            ...error.problem,
            problem: missingRelation(error.relation, [...this.#relations.values(), ...models.keys()]),
          })
        awaited.add(missing.name)
        await this.bind(missing, models, [...readers, model])
        // A circle through this model has been told already; of a broken input its own error is enough.
        if (this.#done.has(model.name)) return null
        if (!this.bound.has(missing.name)) return sqlError(model, { ...error.problem, problem: `the model ${missing.name} is not valid` })
      }
    }
  }

  async #bindNow(model: ModelSource): Promise<void> {
    const planned = await this.#planner.plan(model)
    const read = readPlan(planned.plan, (schema, table) => this.#relationOf(schema, table))
    const plan = await mapExpressions(read, (expression) => delegate(expression, this.#planner))
    checkCompiles(plan)
    const schema: Schema = { columns: planned.columns, key: uniqueKeyOf(plan) }
    const inputs = [...relationsOf(plan)]
    const fingerprint = fingerprintOf(
      plan,
      schema,
      inputs.flatMap((input) => this.bound.get(input)?.fingerprint ?? []),
    )
    await this.#planner.define([{ name: model.name, schema }])
    const watermarks = Object.fromEntries(inputs.flatMap((input) => [...this.#watermarks].filter(([name]) => name === input)))
    this.bound.set(model.name, { name: model.name, sql: model.sql, file: fileOf(model), schema, inputs, plan, fingerprint, watermarks })
    this.#schemas.set(model.name, schema)
    this.#relations.set(foldedName(model.name), model.name)
  }

  #relationOf(schema: string, table: string): ScannedRelation | undefined {
    const name = this.#relations.get(foldedName(schema === 'main' ? table : `${schema}.${table}`))
    const found = name === undefined ? undefined : this.#schemas.get(name)
    if (name === undefined || found === undefined) return undefined
    const watermark = this.#watermarks.get(name)
    const key = found.key.map((index) => found.columns[index]?.name ?? '')
    return { name, key, ...(watermark === undefined ? {} : { watermark }) }
  }

  #fail(models: readonly ModelSource[], error: MillraceError): void {
    for (const model of models) this.#done.add(model.name)
    this.errors.push(error)
  }
}

function foldedName(name: string): string {
  const { schema, table } = relationAddress(name)
  return (schema === 'main' ? table : `${schema}.${table}`).toLowerCase()
}

function circleError(circle: readonly ModelSource[]): MillraceError {
  const first = circle[0] as ModelSource
  return new MillraceError('MODEL_CYCLE', { details: { circle: circle.map((model) => model.name).join(' → '), file: fileOf(first) } })
}
