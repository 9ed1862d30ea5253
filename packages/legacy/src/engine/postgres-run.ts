/**
 * One run on a server. It reads tables as they were at one moment: the first session holds a snapshot from
 * beginning to end, and every model that reads only tables is computed in it. A model that reads other models
 * needs a younger snapshot, for theirs are made in this run; the tables that it reads beside them must then
 * have the same rows still, which is checked in its own transaction. A version is a table that one
 * transaction makes whole, so that whoever is killed leaves nothing half made.
 */
import { assert, MillraceError } from '@millrace/base'
import {
  type CheckedModel,
  type GraphColumn,
  type Held,
  type KeptTables,
  obey,
  type ServerRun,
  type ServerTable,
  type ServerVersion,
  type ServerWork,
  serverRelation,
  type ShownTables,
  type StagedTables,
  type Version,
  withoutEnd,
} from '@millrace/batch/graph'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { columnsOf } from './columns.ts'
import { printed } from './duckdb-type.ts'
import { environmentSchema, qualified, runOfTable, versionsSchema, versionTable } from './names.ts'
import { showing, stage } from './publish.ts'
import type { Session } from './session.ts'
import { type SessionPool, SNAPSHOT_BEGIN } from './session-pool.ts'

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
}

const ROWS_AT_ONCE = 2048

export class PostgresRun implements ServerRun {
  readonly server: string
  readonly #parts: PostgresRunParts
  readonly #schema: string
  /** By the name that models read: the version's table, null for a table of the server. */
  readonly #shown = new Map<string, string | null>()
  readonly #tables = new Map<string, ServerTable>()

  constructor(parts: PostgresRunParts) {
    this.#parts = parts
    this.#schema = versionsSchema(parts.identity)
    this.server = parts.server
  }

  async tables(relations: readonly string[]): Promise<ReadonlyMap<string, ServerTable>> {
    const { holder } = this.#parts
    try {
      for (const relation of relations) this.#tables.set(relation, await tableNow(holder, relation))
    } catch (error) {
      throw holder.failure(error)
    }
    return this.#tables
  }

  show(name: string, content: Version['content']): Promise<void> {
    assert(content.kind === 'server', 'models of a server read what lies there')
    this.#shown.set(name, content.table)
    return Promise.resolve()
  }

  async compute({ run, key, model }: ServerWork): Promise<ServerVersion> {
    const { engine, pool, snapshot } = this.#parts
    const own = model.inputs.filter((input) => !input.startsWith(serverRelation(engine, '')))
    const table = versionTable({ name: model.model.name, run, key })
    const address = qualified(this.#schema, table)
    return pool.during(async (session) => {
      const made = await inTransaction(session, async () => {
        if (own.length === 0) await session.run(`SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshot)}`)
        else await this.#checkTables(session, model)
        for (const input of own) {
          const from = qualified(this.#schema, this.#shown.get(input) ?? '')
          await session.run(`CREATE TEMP VIEW ${quoteIdentifier(input)} AS SELECT * FROM ${from}`)
        }
        const { sql, settings } = obey(model.model.sql, 'postgres')
        const { seconds } = model.model.settings.budget
        if (seconds !== undefined) await session.run(`SET LOCAL statement_timeout = ${Math.ceil(seconds * 1000)}`)
        for (const { set } of settings) await session.run(set.replace(/^SET /, 'SET LOCAL '))
        const rows = await session.runOne(`CREATE TABLE ${address} AS\n${withoutEnd(sql)}`)
        for (const input of own) await session.run(`DROP VIEW pg_temp.${quoteIdentifier(input)}`)
        return { rows, ...(await this.#measured(session, address)) }
      })
      // What reads it is planned by what it holds.
      await session.run(`ANALYZE ${address}`)
      return { content: { kind: 'server', engine, table }, ...made }
    })
  }

  async #checkTables(session: Session, { model, inputs }: CheckedModel): Promise<void> {
    const { engine } = this.#parts
    const prefix = serverRelation(engine, '')
    for (const input of inputs) {
      if (!input.startsWith(prefix)) continue
      const relation = input.slice(prefix.length)
      const now = await tableNow(session, relation)
      if (now.content !== this.#tables.get(relation)?.content)
        throw new MillraceError('ENGINE_TABLE_CHANGED', { details: { model: model.name, file: model.file, table: relation, engine } })
    }
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

  async *rows(table: string, columns: readonly GraphColumn[]): AsyncIterable<readonly (readonly (string | null)[])[]> {
    const { pool } = this.#parts
    const list = columns.map(({ name, type }) => printed(quoteIdentifier(name), type)).join(', ')
    const session = await pool.take()
    try {
      await session.run('BEGIN READ ONLY')
      await session.run(`DECLARE millrace_rows NO SCROLL CURSOR FOR SELECT ${list} FROM ${qualified(this.#schema, table)}`)
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

  async stage({ environment, tables }: ShownTables): Promise<StagedTables> {
    const { engine, identity, schema, pool } = this.#parts
    const session = await pool.take()
    const release = (): void => pool.giveBack(session)
    const place = { engine, identity, schema: environmentSchema(schema, environment), versions: this.#schema, environment }
    return stage(session, { ...place, tables }, release)
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

/** Of a connection that was lost it is told that it may come again. */
async function inTransaction<Result>(session: Session, work: () => Promise<Result>): Promise<Result> {
  try {
    return await session.transaction(SNAPSHOT_BEGIN, work)
  } catch (error) {
    throw session.isLost ? session.failure(error) : error
  }
}

/** All rows, in any order: their number, and the sum of a hash of each as it is printed. */
async function tableNow(session: Session, relation: string): Promise<ServerTable> {
  const hash = 'coalesce(sum(hashtextextended((millrace_row.*)::text, 0)::numeric), 0)::text'
  const [row] = await session.cells(`SELECT count(*)::text, ${hash} FROM ${relation} AS millrace_row`)
  const [rows = '0', sum = '0'] = row ?? []
  return { content: `${rows} ${sum}`, rows: Number(rows) }
}
