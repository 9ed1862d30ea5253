/**
 * A DuckDB with empty tables of the graph's relations, in which models are bound. It runs nothing of the
 * user's: a text is planned as one literal, and only what was planned as a single SELECT becomes a table
 * without rows. Outside access is off.
 */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { describeError } from '@millrace/base'
import { EVALUATION_SETTINGS, quoteIdentifier, quoteLiteral, relationAddress, relationName, type SqlProblem } from '@millrace/sql'
import type { GraphColumn, GraphRelation } from './checked-graph.ts'
import { lineageOf, type Lineage, type PlanNode, relationsOfPlan } from './lineage.ts'
import { pathAt } from './mentions.ts'
import { canonicalPlan } from './plan-text.ts'
import { withoutEnd } from '../model/without-end.ts'

export interface BoundSelect {
  readonly plan: string
  readonly reads: ReadonlySet<string>
  readonly lineage: Lineage
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

export class BindingSession {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #schemas = new Set(['main'])

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  async define({ name, columns }: GraphRelation): Promise<void> {
    await this.#makeSchema(name)
    const list = columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`)
    await this.#connection.run(`CREATE TABLE ${relationName(name)} (${list.join(', ')})`)
  }

  /** Binds a model and makes its empty table, so that others can read it. */
  async bind(name: string, sql: string): Promise<BindAnswer> {
    const text = await this.#one(`SELECT json_serialize_plan(${quoteLiteral(sql)}, optimize := false)`)
    const answer = JSON.parse(text) as PlanAnswer
    if (answer.plans === undefined) return refusal(sql, answer)
    const [plan, second] = answer.plans
    if (plan === undefined) return wrong('SQL_PARSE', 'there is no statement')
    if (second !== undefined) return wrong('SQL_PARSE', 'there is a second statement; a model is one SELECT')
    await this.#makeSchema(name)
    try {
      await this.#connection.run(`CREATE TABLE ${relationName(name)} AS (\n${withoutEnd(sql)}\n) WITH NO DATA`)
    } catch (error) {
      return wrong('SQL_BIND', describeError(error).split('\n')[0] ?? 'it does not bind')
    }
    return { kind: 'bound', plan: canonicalPlan(text), reads: relationsOfPlan(plan), lineage: lineageOf(plan) }
  }

  async columnsOf(name: string): Promise<readonly GraphColumn[]> {
    const { schema, table } = relationAddress(name)
    const where = `WHERE lower(schema_name) = ${quoteLiteral(schema.toLowerCase())} AND lower(table_name) = ${quoteLiteral(table.toLowerCase())}`
    return [...(await this.#columns(where)).values()][0] ?? []
  }

  /** Of all relations that were defined or bound, by their folded names. */
  async columns(): Promise<ReadonlyMap<string, readonly GraphColumn[]>> {
    return this.#columns('')
  }

  async #columns(where: string): Promise<Map<string, GraphColumn[]>> {
    const sql = `SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() ${where} ORDER BY table_oid, column_index`
    const result = await this.#connection.runAndReadAll(sql)
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
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  async #makeSchema(name: string): Promise<void> {
    const { schema } = relationAddress(name)
    if (this.#schemas.has(schema)) return
    await this.#connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`)
    this.#schemas.add(schema)
  }

  async #one(sql: string): Promise<string> {
    const result = await this.#connection.runAndReadAll(sql)
    return String(result.getRows()[0]?.[0])
  }
}

export async function openBindingSession(): Promise<BindingSession> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  for (const setting of EVALUATION_SETTINGS) await connection.run(setting)
  return new BindingSession(instance, connection)
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
