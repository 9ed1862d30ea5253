/**
 * A planning session: an in-memory DuckDB that holds empty tables of the streams' types and plans SQL
 * over them. It runs nothing of the user's: a statement is only parsed, bound and described, outside
 * access is off, and the configuration is locked. The SQL travels as one quoted literal.
 */
import { type DuckDBConnection, DuckDBInstance, type DuckDBPreparedStatement, type DuckDBType, StatementType } from '@duckdb/node-api'
import type { Column } from '@millrace/core'
import { createTables, type TableDefinition } from './create-tables.ts'
import { typeOfDuckdb } from './duckdb-type.ts'
import { EVALUATION_SETTINGS } from './evaluation-settings.ts'
import type { Stability } from './function-stability.ts'
import { quoteLiteral } from './identifier.ts'
import { parsePlan, type PlanJson } from './plan-json.ts'
import { type ModelSource, sqlError, type SqlProblem, Unsupported } from './sql-error.ts'

export interface PlannedStatement {
  readonly plan: PlanJson
  readonly columns: readonly Column[]
}

export class Planner {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  #stabilities: ReadonlyMap<string, Stability> | null = null

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  /** Adds the tables of further streams or models. */
  async define(definitions: readonly TableDefinition[]): Promise<void> {
    await createTables(this.#connection, definitions)
  }

  /** Raises SQL_PARSE, SQL_BIND or `Unsupported`; a missing table as `MissingRelation`. */
  async plan(model: ModelSource): Promise<PlannedStatement> {
    const text = await this.#one(`SELECT json_serialize_plan(${quoteLiteral(model.sql)}, optimize := false)`)
    const answer = parsePlan(text)
    if ('error_type' in answer) throw (await this.#takesParameters(model)) ? parameterRefusal() : failure(model, answer)
    if (answer.plans.length === 0) throw sqlError(model, { code: 'SQL_PARSE', problem: 'there is no statement', byte: null })
    const [plan, second] = answer.plans
    if (second !== undefined || plan === undefined) throw new Unsupported('a second statement', null, 'Keep one SELECT in each file.')
    return { plan, columns: await this.#columns(model) }
  }

  /** Evaluates constant expressions that this package printed itself, so that DuckDB decides their values. */
  async evaluate(expressions: readonly string[]): Promise<readonly unknown[]> {
    const result = await this.#connection.runAndReadAll(`SELECT ${expressions.join(', ')}`)
    return result.getRows()[0] ?? []
  }

  /** The type of a statement's only column; null where DuckDB does not bind it. The SQL is this package's own. */
  async typeOf(sql: string): Promise<DuckDBType | null> {
    let statement: DuckDBPreparedStatement
    try {
      statement = await this.#connection.prepare(sql)
    } catch {
      return null
    }
    const type = statement.columnType(0)
    statement.destroySync()
    return type
  }

  /** How far each scalar function's result depends on its inputs alone. */
  async stabilities(): Promise<ReadonlyMap<string, Stability>> {
    this.#stabilities ??= await readStabilities(this.#connection)
    return this.#stabilities
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }

  async #columns(model: ModelSource): Promise<readonly Column[]> {
    const statements = await this.#connection.extractStatements(model.sql)
    const statement = await statements.prepare(0)
    try {
      if (statement.statementType !== StatementType.SELECT)
        throw new Unsupported('a statement other than SELECT', null, 'A model is one SELECT.')
      if (statement.parameterCount > 0) throw parameterRefusal()
      const names = new Set<string>()
      return Array.from({ length: statement.columnCount }, (_, at) => {
        const name = statement.columnName(at)
        // DuckDB finds columns whatever their case.
        if (names.has(name.toLowerCase())) throw sqlError(model, { code: 'SQL_BIND', problem: namesakes(name), byte: null })
        names.add(name.toLowerCase())
        const columnType = clientTypeOf(statement, at)
        const type = columnType === null ? null : typeOfDuckdb(columnType)
        if (type === null) {
          const named = columnType === null ? 'a type without values' : `type ${String(columnType)}`
          throw new Unsupported(`a column of ${named}`, null, `Cast the column ${name} to a plain type, or to JSON.`)
        }
        return { name, type, nullable: true }
      })
    } finally {
      statement.destroySync()
    }
  }

  /** Of one that stands as a column of its own, DuckDB's plan fails without saying why. */
  async #takesParameters({ sql }: ModelSource): Promise<boolean> {
    try {
      const statement = await (await this.#connection.extractStatements(sql)).prepare(0)
      const count = statement.parameterCount
      statement.destroySync()
      return count > 0
    } catch {
      return false
    }
  }

  async #one(sql: string): Promise<string> {
    const result = await this.#connection.runAndReadAll(sql)
    return String(result.getRows()[0]?.[0])
  }
}

function namesakes(name: string): string {
  return `two of its columns are named ${name}; give one another name with AS, or leave it out with EXCLUDE`
}

function parameterRefusal(): Unsupported {
  return new Unsupported('a parameter', null, 'Write the value itself.')
}

/** Null for a type that the client does not know: get_type(x) is of one. */
function clientTypeOf(statement: DuckDBPreparedStatement, column: number): DuckDBType | null {
  try {
    return statement.columnType(column)
  } catch {
    return null
  }
}

/** Opens a planning session over the given streams. The caller closes it. */
export async function openPlanner(streams: readonly TableDefinition[]): Promise<Planner> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await createTables(connection, streams)
  for (const setting of EVALUATION_SETTINGS) await connection.run(setting)
  return new Planner(instance, connection)
}

const WORSE: readonly Stability[] = ['CONSISTENT', 'CONSISTENT_WITHIN_QUERY', 'VOLATILE']

async function readStabilities(connection: DuckDBConnection): Promise<ReadonlyMap<string, Stability>> {
  const result = await connection.runAndReadAll(
    "SELECT DISTINCT function_name, stability FROM duckdb_functions() WHERE function_type = 'scalar' AND stability IS NOT NULL",
  )
  const worst = new Map<string, Stability>()
  for (const [name, stability] of result.getRows() as [string, Stability][]) {
    const known = worst.get(name) ?? 'CONSISTENT'
    worst.set(name, WORSE.indexOf(stability) > WORSE.indexOf(known) ? stability : known)
  }
  return worst
}

export interface PlanFailure {
  readonly error_type: string
  readonly error_message: string
  readonly error_subtype?: string
  readonly position?: string
  readonly name?: string
  readonly type?: string
}

/** The SQL reads a table that does not exist, or does not exist yet. */
export class MissingRelation extends Error {
  override readonly name = 'MissingRelation'
  readonly relation: string
  readonly problem: SqlProblem

  constructor(relation: string, problem: SqlProblem) {
    super(relation)
    this.relation = relation
    this.problem = problem
  }
}

function failure(model: ModelSource, answer: PlanFailure): Error {
  // Without IN its columns are whatever values there are, which DuckDB asks for in a statement of its own.
  if (/statement of type MULTI\b/.test(answer.error_message))
    return new Unsupported('PIVOT over values that are not written out', null, 'List them: PIVOT … ON column IN (…).')
  const problem: SqlProblem = {
    code: answer.error_type === 'parser' ? 'SQL_PARSE' : 'SQL_BIND',
    problem: answer.error_message.replaceAll(/\s*\n\s*/g, ' '),
    byte: answer.position === undefined ? null : Number(answer.position),
  }
  const missing = answer.error_subtype === 'MISSING_ENTRY' && answer.type === 'Table' && answer.name !== undefined
  return missing ? new MissingRelation(answer.name, problem) : sqlError(model, problem)
}
