/**
 * One run on a server. It reads tables as they were at one moment: the first session holds a snapshot from
 * beginning to end, and every model that reads only tables is computed in it. A model that reads other models
 * needs a younger snapshot, for theirs are made in this run; the tables that it reads beside them must then
 * have the same rows still, which is checked in its own transaction. A version is a table that one
 * transaction makes whole, so that whoever is killed leaves nothing half made.
 */
import { assert, describeError, MillraceError } from '@millrace/base'
import {
  type Budget,
  type CheckedModel,
  type GraphColumn,
  type Held,
  type KeptTables,
  historyElsewhere,
  type OrderVerdict,
  type ServerContent,
  type ServerRun,
  type ServerTable,
  type ServerVersion,
  type ServerWork,
  serverRelation,
  type ShownTables,
  type StagedTables,
  type TableMemory,
  type Version,
} from '@millrace/batch/graph'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { columnsOf } from './columns.ts'
import { printed } from './duckdb-type.ts'
import { environmentSchema, qualified, runOfTable, versionsSchema, versionTable } from './names.ts'
import { explainOrders } from './explain-orders.ts'
import { makeVersion } from './make-version.ts'
import { showing, stage } from './publish.ts'
import { rowsNow } from './rows-now.ts'
import type { Session } from './session.ts'
import { type SessionPool, SNAPSHOT_BEGIN } from './session-pool.ts'
import { createInputs, type Reading, readingOf, withInputs } from './shown-inputs.ts'
import { mayPass } from './sql-problem.ts'
import { believedMarks, type TableMarks } from './table-marks.ts'

export interface PostgresRunParts {
  readonly engine: string
  readonly identity: string
  /** Of what environments show; each adds its own name. */
  readonly schema: string
  readonly server: string
  /** Holds the snapshot. */
  readonly holder: Session
  readonly snapshot: string
  readonly pool: SessionPool
  /** Of before the snapshot. */
  readonly marks: TableMarks
  readonly memory: TableMemory
}

const ROWS_AT_ONCE = 2048

type Settled = Pick<CheckedModel['model'], 'name' | 'file'>

export class PostgresRun implements ServerRun {
  readonly server: string
  readonly #parts: PostgresRunParts
  readonly #schema: string
  /** By the name that models read. */
  readonly #shown = new Map<string, ServerContent>()
  readonly #tables = new Map<string, ServerTable>()

  constructor(parts: PostgresRunParts) {
    this.#parts = parts
    this.#schema = versionsSchema(parts.identity)
    this.server = parts.server
  }

  async tables(relations: readonly string[]): Promise<ReadonlyMap<string, ServerTable>> {
    const { holder, memory, marks } = this.#parts
    try {
      const believed = relations.length === 0 ? marks : await this.#believedMarks()
      for (const relation of relations) {
        const known = memory.find(relation)
        const isKnown = known !== null && known.mark === believed.get(relation)
        const table = isKnown ? known : await rowsNow(holder, relation)
        this.#tables.set(relation, { content: table.content, rows: table.rows })
        const mark = marks.get(relation)
        if (!isKnown && mark !== undefined) memory.add(relation, { ...table, mark })
      }
    } catch (error) {
      throw holder.failure(error)
    }
    return this.#tables
  }

  async #believedMarks(): Promise<TableMarks> {
    return this.#parts.pool.during(believedMarks)
  }

  show(name: string, content: Version['content']): Promise<void> {
    assert(content.kind === 'server', 'models of a server read what lies there')
    this.#shown.set(name, content)
    return Promise.resolve()
  }

  async compute(work: ServerWork): Promise<ServerVersion> {
    const { engine, pool } = this.#parts
    const { run, key, model } = work
    const table = versionTable({ name: model.model.name, run, key })
    const address = qualified(this.#schema, table)
    const reading = this.#readingOf(model)
    return pool.during(async (session) => {
      const { made, columns, bytes } = await inTransaction(session, { engine, model: model.model.name }, async () => {
        await this.#settle(session, model.model, reading)
        const before = await this.#beforeOf(session, work)
        await limit(session, model.model.settings.budget)
        return withInputs(session, reading, async () => {
          const versions = this.#schema
          const contentOf = (schema: string, name: string): string | null =>
            schema === versions ? name : (this.#tables.get(`${schema}.${name}`)?.content ?? null)
          return {
            made: await makeVersion(session, { work, address, versions, before, contentOf }),
            ...(await this.#measured(session, address)),
          }
        })
      })
      // What reads it is planned by what it holds.
      await session.run(`ANALYZE ${address}`)
      const { intervals, computed, rows } = made
      const content = { kind: 'server', engine, table } as const
      if (intervals === undefined) return { content, columns, rows, bytes }
      return { content: { ...content, intervals }, columns, rows, bytes, intervals: { computed, all: intervals.length } }
    })
  }

  #readingOf({ inputs }: Pick<CheckedModel, 'inputs'>): Reading {
    return readingOf({ inputs, shown: this.#shown, prefix: serverRelation(this.#parts.engine, ''), versions: this.#schema })
  }

  /** Chooses the moment at which a transaction reads: the run's, or a younger one at which the tables are as they were. */
  async #settle(session: Session, { name, file }: Settled, { tables, readsVersions }: Reading): Promise<void> {
    const { engine, snapshot } = this.#parts
    if (!readsVersions) {
      await session.run(`SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshot)}`)
      return
    }
    for (const relation of tables) {
      const now = await rowsNow(session, relation)
      if (now.content !== this.#tables.get(relation)?.content)
        throw new MillraceError('ENGINE_TABLE_CHANGED', { details: { model: name, file, table: relation, engine } })
    }
  }

  /** Of the version before the table. Raises HISTORY_ELSEWHERE where it should go on with one that is not here. */
  async #beforeOf(session: Session, { model, before }: ServerWork): Promise<string | null> {
    const { engine } = this.#parts
    const isMerged = model.model.settings.interval === null
    if (before === null) return null
    const { content } = before
    const isHere = content.kind === 'server' && content.engine === engine && content.table !== null
    const address = isHere ? qualified(this.#schema, content.table ?? '') : null
    const [known] = address === null ? [] : await session.cells(`SELECT to_regclass(${quoteLiteral(address)})::text`)
    if (address !== null && known?.[0] !== null) return address
    if (isMerged) throw historyElsewhere(model, content.kind === 'server' ? content.engine : 'DuckDB')
    return null
  }

  async explain(model: CheckedModel): Promise<OrderVerdict[]> {
    const reading = this.#readingOf(model)
    return this.#parts.pool.during(async (session) => {
      await session.run('BEGIN')
      try {
        await createInputs(session, reading)
        return await explainOrders(session, model.model, new Set(reading.views.map(({ name }) => name)))
      } finally {
        await session.run('ROLLBACK').catch(() => undefined)
      }
    })
  }

  async #measured(session: Session, address: string): Promise<{ columns: readonly GraphColumn[]; bytes: number }> {
    const [row] = await session.objects<{ oid: number; bytes: string }>(
      'SELECT $1::regclass::oid AS oid, pg_total_relation_size($1::regclass)::text AS bytes',
      [address],
    )
    assert(row !== undefined, 'a table that was made has a size')
    const columns = await columnsOf(session, [row.oid])
    return { columns: columns.get(row.oid)?.columns ?? [], bytes: Number(row.bytes) }
  }

  async *rows({ model, content }: Pick<Version, 'model' | 'content'>, columns: readonly GraphColumn[]): RowsOfServer {
    const { pool } = this.#parts
    assert(content.kind === 'server', 'only what lies on the server is read here')
    const list = columns.map(({ name, type }) => printed(quoteIdentifier(name), type)).join(', ')
    const session = await pool.take()
    try {
      await session.run(SNAPSHOT_BEGIN)
      const from = content.table === null ? await this.#openView(session, model) : qualified(this.#schema, content.table)
      await session.run(`DECLARE millrace_rows NO SCROLL CURSOR FOR SELECT ${list} FROM ${from}`)
      for (;;) {
        const part = await session.cells(`FETCH ${ROWS_AT_ONCE} FROM millrace_rows`)
        if (part.length === 0) break
        yield part
      }
    } finally {
      await session.run('ROLLBACK').catch(() => undefined)
      pool.giveBack(session)
    }
  }

  /** A view, and all that it reads, in the session until its transaction ends. */
  async #openView(session: Session, name: string): Promise<string> {
    const reading = this.#readingOf({ inputs: [name] })
    await this.#settle(session, { name, file: name }, reading)
    await createInputs(session, reading)
    return `pg_temp.${quoteIdentifier(name)}`
  }

  async stage({ environment, tables, views }: ShownTables): Promise<StagedTables> {
    const { engine, identity, schema, pool } = this.#parts
    const session = await pool.take()
    const release = (): void => pool.giveBack(session)
    const place = { engine, identity, schema: environmentSchema(schema, environment), versions: this.#schema, environment }
    return stage(session, { ...place, tables, views }, release)
  }

  async showing(environment: string): Promise<number | null> {
    const { identity, schema, pool } = this.#parts
    return pool.during((session) => showing(session, { identity, schema: environmentSchema(schema, environment) }))
  }

  async sweep({ named, isOver }: KeptTables): Promise<void> {
    await this.#parts.pool.during(async (session) => {
      const found = await session.objects<{ name: string }>('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1', [this.#schema])
      for (const { name } of found) {
        const run = runOfTable(name)
        if (run === null || named.has(name) || !isOver(run)) continue
        // Whoever still reads it keeps it; the next run asks again.
        await session.run(`DROP TABLE ${qualified(this.#schema, name)}`).catch(() => undefined)
      }
    })
  }

  /** What is computed is computed in the server. */
  held(): Promise<Held> {
    return Promise.resolve({ memory: 0, spilled: 0 })
  }

  interrupt(): void {
    this.#parts.pool.interrupt()
  }

  close(): void {
    this.#parts.pool.close()
    this.#parts.holder.close()
  }
}

type RowsOfServer = AsyncIterable<readonly (readonly (string | null)[])[]>

/** What may pass by itself is told as such: it is tried again. */
async function inTransaction<Result>(
  session: Session,
  told: { readonly engine: string; readonly model: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await session.transaction(SNAPSHOT_BEGIN, work)
  } catch (error) {
    if (session.isLost) throw session.failure(error)
    if (!mayPass(error)) throw error
    throw new MillraceError('ENGINE_BUSY', { cause: error, details: { ...told, problem: describeError(error) } })
  }
}

/** The server keeps to them itself; of rows they are counted when they are there. */
async function limit(session: Session, { seconds, spillMb }: Budget): Promise<void> {
  if (seconds !== undefined) await session.run(`SET LOCAL statement_timeout = ${Math.ceil(seconds * 1000)}`)
  if (spillMb !== undefined) await session.run(`SET LOCAL temp_file_limit = ${spillMb * 1024}`)
}
