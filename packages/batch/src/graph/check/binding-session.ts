/**
 * A DuckDB with empty tables of the graph's relations, in which models are bound. It runs nothing of the
 * user's: a text is planned as one literal, and only what was planned as a single SELECT becomes a table
 * without rows. Outside access is off.
 */
import type { DuckDBBlobVector, DuckDBConnection, DuckDBInstance, DuckDBPreparedStatement } from '@duckdb/node-api'
import { assert, describeError } from '@millrace/base'
import { hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { AskedTogether } from './asked-together.ts'
import { EVALUATION_SETTINGS, quoteIdentifier, relationAddress, relationName, type SqlProblem } from '@millrace/sql/text'
import type { GraphColumn, GraphRelation } from './checked-graph.ts'
import { lineageOf, type Lineage, type PlanNode, relationsOfPlan } from './lineage.ts'
import { pathAt } from './mentions.ts'
import { type Asked, askedOf } from './moment.ts'
import { columnsOfPlan } from './plan-columns.ts'
import { PlanReader } from './plan-reader.ts'
import { withoutEnd } from '../../without-end.ts'

export interface BoundSelect {
  /** A hash of what it means. Equal for SQL with other comments, white space and aliases, but for the names of its columns. */
  readonly meaning: string
  readonly asked: Asked
  readonly reads: ReadonlySet<string>
  readonly lineage: Lineage
  /** Null where the empty table of the model was made, which has them. */
  readonly columns: readonly GraphColumn[] | null
}

export interface BindRequest {
  readonly name: string
  readonly sql: string
  /** The empty table is made in any case, and not just where the plan does not tell the columns. */
  readonly wantsTable: boolean
}

export type BindAnswer =
  | ({ readonly kind: 'bound' } & BoundSelect)
  | { readonly kind: 'missing'; readonly relation: string; readonly problem: SqlProblem }
  | { readonly kind: 'wrong'; readonly problem: SqlProblem }

interface PlanAnswer {
  readonly plans?: readonly PlanNode[]
  readonly error_type?: string
  readonly error_message?: string
  readonly error_subtype?: string
  readonly position?: string
  readonly type?: string
}

/** What is kept of an answer. */
type ReadPlan =
  | ({ readonly kind: 'read'; readonly statements: number } & BoundSelect)
  | { readonly kind: 'refused'; readonly answer: PlanAnswer }

/** Connections that bind, each some models in one statement; while DuckDB binds, other plans are read. */
const BINDERS = Math.min(4, Math.max(2, availableParallelism()))
/** A statement of its own takes a third of what binding a small model does. */
const MODELS_IN_STATEMENT = 16
/** A plan is some fifty times as long as its text, and DuckDB's answers lie outside of V8's heap, which does not hurry to free them. */
const TEXT_IN_STATEMENT = 4096
/** As many as keep the binders at work while plans are read. */
export const BINDS_AT_ONCE = 2 * BINDERS * MODELS_IN_STATEMENT
/** A transaction of its own takes half of what making a small table does. */
const TABLES_IN_STATEMENT = 64

/** What DuckDB would rewrite before it finds that no row is wanted, which empties the plan. */
const REWRITES = 'expression_rewriter,filter_pullup'

/** The texts are no part of the statement: as a literal each would be read, and its plan made, once more. */
const PLANS = 'SELECT encode(json_serialize_plan(sql, optimize := false)::VARCHAR) FROM (SELECT unnest($1::VARCHAR[]) AS sql)'

interface Binder {
  readonly plans: DuckDBPreparedStatement
  readonly planning: DuckDBConnection
  /** Makes tables of SQL, one at a time: that binds it again, and is worth a thread. */
  readonly making: DuckDBConnection
}

export class BindingSession {
  readonly #instance: DuckDBInstance
  readonly #control: DuckDBConnection
  readonly #binders: readonly Binder[]
  readonly #plans: AskedTogether<string, ReadPlan, Binder>
  readonly #reader = new PlanReader()
  readonly #made: AskedTogether<string, null, Binder>
  readonly #defined: AskedTogether<string, null, null>
  readonly #schemas = new Map([['main', Promise.resolve()]])
  /** What the control connection does, one after another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(instance: DuckDBInstance, control: DuckDBConnection, binders: readonly Binder[]) {
    this.#instance = instance
    this.#control = control
    this.#binders = binders
    const size = { of: (text: string): number => text.length, limit: TEXT_IN_STATEMENT }
    this.#plans = new AskedTogether({
      lanes: binders,
      atOnce: MODELS_IN_STATEMENT,
      size,
      answer: (binder, texts) => this.#planAll(binder, texts),
    })
    this.#made = new AskedTogether({ lanes: binders, atOnce: 1, answer: makeAll })
    const answer = (_lane: null, statements: readonly string[]): Promise<(() => null)[]> =>
      this.#inOrder(() => createAll(control, statements))
    this.#defined = new AskedTogether({ lanes: [null], atOnce: TABLES_IN_STATEMENT, answer })
  }

  async define({ name, columns }: GraphRelation): Promise<void> {
    await this.makeSchema(name)
    const list = columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`)
    await this.#defined.ask(`CREATE TABLE ${relationName(name)} (${list.join(', ')})`)
  }

  async bind({ name, sql, wantsTable }: BindRequest): Promise<BindAnswer> {
    const read = await this.#plans.ask(sql)
    if (read.kind === 'refused') return refusal(sql, read.answer)
    const { statements, columns } = read
    if (statements === 0) return wrong('SQL_PARSE', 'there is no statement')
    if (statements > 1) return wrong('SQL_PARSE', 'there is a second statement; a model is one SELECT')
    const isMade = wantsTable || columns === null
    if (isMade) {
      const problem = await this.#makeTable(name, sql)
      if (problem !== null) return problem
    }
    const { meaning, asked, reads, lineage } = read
    return { kind: 'bound', meaning, asked, reads, lineage, columns: isMade ? null : columns }
  }

  /** The plan of each text, or what is wrong with it. */
  async #planAll({ plans }: Binder, texts: readonly string[]): Promise<(() => ReadPlan)[]> {
    plans.bindList(1, texts)
    const result = await plans.run()
    return Array.from({ length: result.chunkCount }, (_, at) => result.getChunk(at)).flatMap((chunk) => {
      const vector = chunk.getColumnVector(0) as DuckDBBlobVector
      return Array.from({ length: chunk.rowCount }, (_, row) => () => this.#read(textAt(vector, row)))
    })
  }

  #read(bytes: Uint8Array<ArrayBuffer>): ReadPlan {
    const { answer, calls, meaning } = this.#reader.read<PlanAnswer>(bytes)
    // Bytes lie outside of V8's heap, which does not hurry to free them.
    bytes.buffer.transfer(0)
    const { plans } = answer
    if (plans === undefined) return { kind: 'refused', answer }
    const [plan] = plans
    return {
      kind: 'read',
      statements: plans.length,
      meaning: hash('sha1', meaning),
      asked: askedOf(calls),
      reads: plan === undefined ? new Set() : relationsOfPlan(plan),
      lineage: plan === undefined ? [] : lineageOf(plan),
      columns: plan === undefined ? null : columnsOfPlan(plan),
    }
  }

  async #makeTable(name: string, sql: string): Promise<BindAnswer | null> {
    await this.makeSchema(name)
    try {
      await this.#made.ask(`CREATE TABLE ${relationName(name)} AS (\n${withoutEnd(sql)}\n) WITH NO DATA`)
    } catch (error) {
      return wrong('SQL_BIND', describeError(error).split('\n')[0] ?? 'it does not bind')
    }
    return null
  }

  /** Gives a bound model columns that its SQL does not have. */
  async widen(name: string, columns: readonly GraphColumn[]): Promise<void> {
    for (const column of columns) {
      const add = `ALTER TABLE ${relationName(name)} ADD COLUMN ${quoteIdentifier(column.name)} ${column.type}`
      await this.#inOrder(() => this.#control.run(add))
    }
  }

  /** Of one relation. `columns` would look at those of all to find them. */
  async columnsOf(name: string): Promise<readonly GraphColumn[]> {
    const result = await this.#inOrder(() => this.#control.runAndReadAll(`DESCRIBE ${relationName(name)}`))
    return result.getRows().map(([column, type]) => ({ name: String(column), type: String(type) }))
  }

  /** Of all relations that were defined or bound, by their folded names. */
  async columns(): Promise<ReadonlyMap<string, readonly GraphColumn[]>> {
    const sql = 'SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() ORDER BY table_oid, column_index'
    const result = await this.#inOrder(() => this.#control.runAndReadAll(sql))
    const found = new Map<string, GraphColumn[]>()
    for (const [schema, table, name, type] of result.getRows() as [string, string, string, string][]) {
      const relation = (schema === 'main' ? table : `${schema}.${table}`).toLowerCase()
      const columns = found.get(relation) ?? []
      if (columns.length === 0) found.set(relation, columns)
      columns.push({ name, type })
    }
    return found
  }

  close(): void {
    for (const { plans, planning, making } of this.#binders) {
      plans.destroySync()
      planning.closeSync()
      making.closeSync()
    }
    this.#control.closeSync()
    this.#instance.closeSync()
  }

  async makeSchema(name: string): Promise<void> {
    const { schema } = relationAddress(name)
    const made =
      this.#schemas.get(schema) ??
      this.#inOrder(async () => void (await this.#control.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`)))
    this.#schemas.set(schema, made)
    await made
  }

  async #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}

export async function openBindingSession(): Promise<BindingSession> {
  const duckdb = await import('@duckdb/node-api')
  const instance = await duckdb.DuckDBInstance.create(':memory:', { threads: '1', disabled_optimizers: REWRITES })
  const control = await instance.connect()
  // Of the whole instance, so that they hold for the connections that follow.
  for (const setting of EVALUATION_SETTINGS) await control.run(setting.replace(/^SET /, 'SET GLOBAL '))
  const binders: Binder[] = []
  for (let at = 0; at < BINDERS; at += 1) {
    const planning = await instance.connect()
    binders.push({ planning, plans: await planning.prepare(PLANS), making: await instance.connect() })
  }
  return new BindingSession(instance, control, binders)
}

function textAt(vector: DuckDBBlobVector, row: number): Uint8Array<ArrayBuffer> {
  const bytes = vector.getItemBytes(row)
  const buffer = bytes?.buffer
  assert(buffer instanceof ArrayBuffer && buffer.byteLength === bytes?.byteLength, 'a plan has a buffer of its own')
  return new Uint8Array(buffer)
}

async function makeAll({ making }: Binder, statements: readonly string[]): Promise<(() => null)[]> {
  for (const statement of statements) await making.run(statement)
  return statements.map(() => () => null)
}

async function createAll(control: DuckDBConnection, statements: readonly string[]): Promise<(() => null)[]> {
  const isOne = statements.length === 1
  try {
    await control.run(isOne ? (statements[0] as string) : `BEGIN; ${statements.join('; ')}; COMMIT`)
  } catch (error) {
    if (!isOne) await control.run('ROLLBACK').catch(() => undefined)
    throw error
  }
  return statements.map(() => () => null)
}

function wrong(code: SqlProblem['code'], problem: string): BindAnswer {
  return { kind: 'wrong', problem: { code, problem, byte: null } }
}

function refusal(sql: string, { error_type, error_message = 'it cannot be read', error_subtype, position, type }: PlanAnswer): BindAnswer {
  const byte = position === undefined ? null : Number(position)
  const message = error_message.replaceAll(/\s*\n\s*/g, ' ')
  const problem: SqlProblem = { code: error_type === 'parser' ? 'SQL_PARSE' : 'SQL_BIND', problem: message, byte }
  const isMissing = (error_subtype === 'MISSING_ENTRY' && type === 'Table') || error_message.includes('because schema')
  return isMissing && byte !== null ? { kind: 'missing', relation: pathAt(sql, byte), problem } : { kind: 'wrong', problem }
}
