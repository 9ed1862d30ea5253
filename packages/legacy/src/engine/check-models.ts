/**
 * Models of one server, bound by the server itself: each becomes a temporary view of one session, after what
 * it reads, so that Postgres finds their errors, columns and meaning, and nothing outlives the session.
 */
import { MillraceError } from '@millrace/base'
import {
  bindingOrder,
  type CheckedModel,
  type GraphModel,
  type GraphRelation,
  hashOf,
  HISTORY_COLUMNS,
  keptColumnsError,
  orderProblem,
  type HeldModel,
  mentionsOf,
  type ServerCheck,
  serverRelation,
  withoutEnd,
} from '@millrace/batch/graph'
import { quoteIdentifier, sqlError } from '@millrace/sql/text'
import { columnsOf, type ServerColumns } from './columns.ts'
import { askedOfTree, meaningOfTree, relationsOfTree } from './meaning.ts'
import { lineageOfTree } from './lineage.ts'
import type { Session } from './session.ts'
import { isSqlState, missingRelation, problemOfPostgres } from './sql-problem.ts'

interface BoundView {
  readonly oid: number
  readonly rowType: number
  readonly name: string
  readonly tree: string
  /** Of what it calls, the functions that Postgres did not bring, as they are defined. */
  readonly functions: string
}

/** What Postgres itself brings has numbers below this one. */
const FIRST_OWN_NUMBER = 16_384
const NAME_BYTES_MAX = 63

export async function checkModels(engine: string, session: Session, given: readonly GraphModel[]): Promise<ServerCheck> {
  const check = new ModelsCheck(engine, session, given)
  await check.bind()
  return check.result()
}

class ModelsCheck {
  readonly #engine: string
  readonly #session: Session
  readonly #models: ReadonlyMap<string, GraphModel>
  readonly #errors = new Map<string, MillraceError>()
  readonly #held = new Map<string, HeldModel>()
  readonly #bound = new Set<string>()
  readonly #waits = new Map<string, string>()

  constructor(engine: string, session: Session, models: readonly GraphModel[]) {
    this.#engine = engine
    this.#session = session
    this.#models = new Map(models.map((model) => [model.name, model]))
  }

  async bind(): Promise<void> {
    for (const [name, model] of this.#models) {
      const { disabled } = model.settings
      if (disabled !== null) this.#held.set(name, { model, reason: disabled })
    }
    await this.#refuseNames()
    const isModel = (name: string): boolean => this.#models.has(name)
    const order = bindingOrder(new Map([...this.#models].map(([name, { sql }]) => [name, mentionsOf(sql, isModel)])))
    let pending = order.filter((name) => !this.#held.has(name) && !this.#errors.has(name))
    for (let count = -1; count !== pending.length;) {
      count = pending.length
      const left: string[] = []
      for (const name of pending) if (!(await this.#try(name))) left.push(name)
      pending = left
    }
    this.#tellOfCircles(pending)
  }

  async result(): Promise<ServerCheck> {
    const views = await this.#views()
    const owned = new Map(views.flatMap(({ oid, rowType, name }) => [[oid, name] as const, [rowType, `${name} row`] as const]))
    const read = new Set(views.flatMap(({ tree }) => [...relationsOfTree(tree)]))
    const outside = await this.#outside([...read].filter((oid) => !owned.has(oid)))
    const columns = await columnsOf(this.#session, [...views.map(({ oid }) => oid), ...outside.keys()])
    const nameOf = (oid: number): string | undefined => {
      const table = outside.get(oid)
      return owned.get(oid) ?? (table === undefined ? undefined : serverRelation(this.#engine, table))
    }
    const inputs = new Map(views.map((view) => [view.name, this.#inputsOf(view, owned, outside)]))
    const models = new Map<string, CheckedModel>()
    const unreadable = new Map<string, ServerColumns['unreadable']>()
    for (const name of bindingOrder(inputs)) {
      const view = views.find((each) => each.name === name)
      if (view === undefined || this.#errors.has(name)) continue
      const of = columns.get(view.oid) as ServerColumns
      const model = this.#models.get(name) as GraphModel
      const tree = meaningOfTree(view.tree, (oid) => owned.get(oid) ?? outside.get(oid))
      const { materialize, interval, key } = model.settings
      // Of a table what it means is what its SQL means.
      const kept = materialize === 'table' ? [] : [JSON.stringify([materialize, key, interval])]
      const meaning = hashOf(tree, view.functions, JSON.stringify(of.columns), ...kept)
      const reads = inputs.get(name) as readonly string[]
      const fingerprint = hashOf(meaning, ...reads.map((input) => models.get(input)?.fingerprint ?? input))
      const lineage = lineageOf(view, { nameOf, columns })
      models.set(name, { model, inputs: reads, columns: of.columns, meaning, fingerprint, lineage, asked: askedOfTree(tree) })
      if (of.unreadable.length > 0) unreadable.set(name, of.unreadable)
    }
    const relations: GraphRelation[] = [...outside].map(([oid, name]) => ({
      name: serverRelation(this.#engine, name),
      columns: columns.get(oid)?.columns ?? [],
    }))
    const errors = [...this.#models.keys()].flatMap((name) => this.#errors.get(name) ?? [])
    return { models, held: this.#held, errors, relations, unreadable }
  }

  /** A name without a schema would mean the table before its model is bound, and the model after it. */
  async #refuseNames(): Promise<void> {
    const taken = await this.#session.objects<{ name: string; schema: string }>(
      `SELECT relname AS name, nspname AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
       WHERE relkind IN ('r', 'v', 'm', 'f', 'p') AND relname = ANY($1) AND pg_table_is_visible(pg_class.oid)`,
      [[...this.#models.keys()]],
    )
    for (const { name, schema } of taken) {
      const model = this.#models.get(name) as GraphModel
      const other = `${schema}.${name} of ${this.#engine}`
      this.#errors.set(name, new MillraceError('MODEL_NAME_TAKEN', { details: { model: name, file: model.file, other } }))
    }
    for (const [name, model] of this.#models)
      if (name.includes('.') || Buffer.byteLength(name) > NAME_BYTES_MAX)
        this.#errors.set(name, this.#refusal(model, `on ${this.#engine} a name has no dot and at most ${NAME_BYTES_MAX} characters`))
  }

  #refusal({ file }: GraphModel, problem: string): MillraceError {
    return new MillraceError('MODEL_SETTING_INVALID', { details: { file, line: 1, name: 'engine', problem } })
  }

  /** False where it has to wait for a model that is not bound yet. */
  async #try(name: string): Promise<boolean> {
    const model = this.#models.get(name) as GraphModel
    const stated = orderProblem(model, 'postgres')
    if (stated !== null) {
      this.#errors.set(name, sqlError(model, stated))
      return true
    }
    const prefix = `CREATE TEMP VIEW ${quoteIdentifier(name)} AS\n`
    try {
      await this.#session.runOne(prefix + withoutEnd(model.sql))
      this.#bound.add(name)
      await this.#keep(model)
      return true
    } catch (error) {
      if (!isSqlState(error)) throw error
      const missing = missingRelation(error)
      const awaited = missing !== null && missing !== name && this.#models.has(missing) ? missing : null
      if (awaited === null || this.#bound.has(awaited))
        this.#errors.set(name, sqlError(model, problemOfPostgres(error, model.sql, prefix.length)))
      else if (this.#held.has(awaited) || this.#errors.has(awaited)) {
        const because = this.#held.has(awaited) ? 'is not run' : 'is not valid'
        this.#held.set(name, { model, reason: `it reads ${awaited}, which ${because}` })
      } else {
        this.#waits.set(name, awaited)
        return false
      }
      return true
    }
  }

  /** Sees to the columns by which it is kept; whoever reads a history sees its times too. */
  async #keep(model: GraphModel): Promise<void> {
    const { materialize, interval, key } = model.settings
    if (interval === null && key.length === 0) return
    const view = `pg_temp.${quoteIdentifier(model.name)}`
    const [row] = await this.#session.objects<{ oid: number }>('SELECT $1::regclass::oid AS oid', [view])
    const oid = row?.oid ?? 0
    const problem = keptColumnsError(model, (await columnsOf(this.#session, [oid])).get(oid)?.columns ?? [])
    if (problem !== null) this.#errors.set(model.name, problem)
    else if (materialize === 'snapshot') {
      const times = HISTORY_COLUMNS.map(({ name }) => `NULL::timestamptz AS ${quoteIdentifier(name)}`).join(', ')
      await this.#session.run(
        `CREATE OR REPLACE TEMP VIEW ${quoteIdentifier(model.name)} AS SELECT millrace_rows.*, ${times} FROM (\n${withoutEnd(model.sql)}\n) AS millrace_rows`,
      )
    }
  }

  /** What still waits stands in a circle, or behind one. */
  #tellOfCircles(pending: readonly string[]): void {
    for (const start of pending) {
      const path: string[] = []
      for (let at: string | undefined = start; at !== undefined && !path.includes(at) && !this.#errors.has(at); at = this.#waits.get(at))
        path.push(at)
      const again = this.#waits.get(path.at(-1) ?? '')
      if (again === undefined || !path.includes(again)) continue
      const circle = path.slice(path.indexOf(again))
      const first = this.#models.get(again) as GraphModel
      const error = new MillraceError('MODEL_CYCLE', { details: { circle: [...circle, again].join(' → '), file: first.file } })
      this.#errors.set(again, error)
    }
    for (const name of pending) {
      const model = this.#models.get(name) as GraphModel
      if (!this.#errors.has(name)) this.#held.set(name, { model, reason: `it reads ${this.#waits.get(name)}, which is not valid` })
    }
  }

  async #views(): Promise<BoundView[]> {
    return this.#session.objects<BoundView & Record<string, unknown>>(
      `SELECT c.oid AS oid, c.reltype AS "rowType", c.relname AS name, r.ev_action::text AS tree,
         coalesce((SELECT string_agg(f.definition, E'\\n' ORDER BY f.definition) FROM (
           SELECT concat_ws(' ', p.oid::regprocedure::text, p.prosrc, p.prosqlbody::text, p.proconfig::text) AS definition
           FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid
           WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_proc'::regclass) f), '') AS functions
       FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
       WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind = 'v'`,
    )
  }

  /** The names of relations that are no models; system tables are told at the models that read them. */
  async #outside(oids: readonly number[]): Promise<Map<number, string>> {
    const rows = await this.#session.objects<{ oid: number; name: string }>(
      `SELECT c.oid AS oid, format('%I.%I', nspname, relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
       WHERE c.oid = ANY($1::oid[]) ORDER BY name`,
      [oids.filter((oid) => oid >= FIRST_OWN_NUMBER)],
    )
    return new Map(rows.map(({ oid, name }) => [oid, name]))
  }

  #inputsOf(view: BoundView, owned: ReadonlyMap<number, string>, outside: ReadonlyMap<number, string>): readonly string[] {
    const inputs = new Set<string>()
    for (const oid of relationsOfTree(view.tree)) {
      const table = outside.get(oid)
      const input = owned.get(oid) ?? (table === undefined ? null : serverRelation(this.#engine, table))
      if (input !== null) inputs.add(input)
      else
        this.#errors.set(
          view.name,
          this.#refusal(this.#models.get(view.name) as GraphModel, 'it reads a table of the system, of which no change can be seen'),
        )
    }
    inputs.delete(view.name)
    return [...inputs]
  }
}

interface Named {
  readonly nameOf: (oid: number) => string | undefined
  readonly columns: ReadonlyMap<number, ServerColumns>
}

/** By the names of models and tables; a whole row is all of its columns. */
function lineageOf({ tree }: BoundView, { nameOf, columns }: Named): CheckedModel['lineage'] {
  return lineageOfTree(tree).map((origins) =>
    origins.flatMap(({ relation, column }) => {
      const name = nameOf(relation)
      const names = columns.get(relation)?.names ?? new Map<number, string>()
      const meant = column === 0 ? [...names.values()] : [names.get(column) ?? '']
      return name === undefined ? [] : meant.map((each) => [name, each] as const)
    }),
  )
}
