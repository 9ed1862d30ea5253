/**
 * What an environment shows on the server: a schema of views, each over one version's table. They are replaced
 * in one transaction, and the schema's comment says whose it is and which publication it shows.
 */
import { describeError, MillraceError } from '@millrace/base'
import type { StagedTables } from '@millrace/batch/graph'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { qualified } from './names.ts'
import type { Session } from './session.ts'

interface Place {
  readonly identity: string
  readonly schema: string
}

export interface StageRequest extends Place {
  readonly engine: string
  readonly environment: string
  readonly versions: string
  readonly tables: ReadonlyMap<string, string>
}

/** The columns of a view cannot be taken away or change their types, so that such a view is made anew. */
const OTHER_COLUMNS = '42P16'

export async function stage(session: Session, request: StageRequest, release: () => void): Promise<StagedTables> {
  const { engine, environment, schema, identity } = request
  try {
    await session.run('BEGIN')
    await takeSchema(session, request)
    await replaceViews(session, request)
  } catch (error) {
    await session.run('ROLLBACK').catch(() => undefined)
    release()
    if (error instanceof MillraceError) throw error
    throw new MillraceError('ENGINE_PUBLISH_FAILED', { cause: error, details: { environment, engine, problem: problemOf(error) } })
  }
  const end = async (...statements: readonly string[]): Promise<void> => {
    try {
      for (const statement of statements) await session.run(statement)
    } finally {
      release()
    }
  }
  return {
    commit: (publication) =>
      end(`COMMENT ON SCHEMA ${quoteIdentifier(schema)} IS ${quoteLiteral(`${markOf(identity)} publication ${publication}`)}`, 'COMMIT'),
    abandon: () => end('ROLLBACK'),
  }
}

export async function showing(session: Session, { identity, schema }: Place): Promise<number | null> {
  const comment = await commentOf(session, schema)
  const prefix = `${markOf(identity)} publication `
  return comment?.startsWith(prefix) === true ? Number(comment.slice(prefix.length)) : null
}

/** Another project's schema, or one that a person made, is not written to. */
async function takeSchema(session: Session, { schema, identity, engine }: StageRequest): Promise<void> {
  const known = await commentOf(session, schema)
  if (known === undefined) await session.run(`CREATE SCHEMA ${quoteIdentifier(schema)}`)
  else if (known?.startsWith(markOf(identity)) !== true) throw new MillraceError('ENGINE_SCHEMA_TAKEN', { details: { schema, engine } })
}

async function replaceViews(session: Session, { schema, versions, tables }: StageRequest): Promise<void> {
  const sql = 'SELECT viewname AS name, definition FROM pg_views WHERE schemaname = $1'
  const there = await session.objects<{ name: string; definition: string }>(sql, [schema])
  const definitions = new Map(there.map(({ name, definition }) => [name, definition]))
  for (const name of definitions.keys()) if (!tables.has(name)) await session.run(`DROP VIEW ${qualified(schema, name)}`)
  for (const [name, table] of tables) {
    // No two versions have one table, so its name tells. What stays as it is keeps nobody waiting.
    if (definitions.get(name)?.includes(table) === true) continue
    const view = qualified(schema, name)
    const select = `SELECT * FROM ${qualified(versions, table)}`
    await session.run('SAVEPOINT one_view')
    try {
      await session.run(`CREATE OR REPLACE VIEW ${view} AS ${select}`)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === OTHER_COLUMNS)) throw error
      await session.run('ROLLBACK TO SAVEPOINT one_view')
      await session.run(`DROP VIEW ${view}`)
      await session.run(`CREATE VIEW ${view} AS ${select}`)
    }
    await session.run('RELEASE SAVEPOINT one_view')
  }
}

/** Undefined where there is no such schema. */
async function commentOf(session: Session, schema: string): Promise<string | null | undefined> {
  const [row] = await session.objects<{ comment: string | null }>(
    "SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = $1",
    [schema],
  )
  return row?.comment
}

function markOf(identity: string): string {
  return `Made by millrace, catalogue ${identity},`
}

function problemOf(error: unknown): string {
  const detail = error instanceof Error && 'detail' in error && typeof error.detail === 'string' ? `; ${error.detail.split('\n')[0]}` : ''
  return `${describeError(error)}${detail}`.replace(/\.$/, '')
}
