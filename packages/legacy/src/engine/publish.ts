/**
 * What an environment shows on the server: a schema of views, each over one version's table, or over the views beside
 * it where the model is a view. They are replaced in one transaction, and the schema's comment says whose it is and which publication it shows.
 */
import { describeError, MillraceError } from '@millrace/base'
import { bindingOrder, hashOf, type StagedTables, type ViewContent, withoutEnd } from '@millrace/batch/graph'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { qualified } from './names.ts'
import type { Session } from './session.ts'
import { isSqlState } from './sql-problem.ts'

interface Place {
  readonly identity: string
  readonly schema: string
}

export interface StageRequest extends Place {
  readonly engine: string
  readonly environment: string
  readonly versions: string
  readonly tables: ReadonlyMap<string, string>
  readonly views: ReadonlyMap<string, ViewContent>
}

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

interface KnownView extends Record<string, unknown> {
  readonly name: string
  readonly definition: string
  /** Of the view of a model that is one: what it was made from. */
  readonly comment: string | null
}

interface Changed {
  readonly name: string
  /** Whether what is replaced is the view of a model that was one. */
  readonly wasView: boolean
}

/** What stays as it is keeps nobody waiting; what cannot be replaced is dropped with the views of models that may read it, and made anew. */
async function replaceViews(session: Session, request: StageRequest): Promise<void> {
  const { schema, tables, views } = request
  const known = new Map((await knownViews(session, schema)).map((view) => [view.name, view]))
  const wanted = [...tables.keys(), ...bindingOrder(new Map([...views].map(([name, { inputs }]) => [name, inputs])))]
  const changed = wanted.filter((name) => !isAsWanted(request, name, known.get(name)))
  const gone = [...known.keys()].filter((name) => !tables.has(name) && !views.has(name))
  const inTheWay: string[] = []
  for (const name of changed) {
    const wasView = typeof known.get(name)?.comment === 'string'
    if (!(await replaced(session, request, { name, wasView }))) inTheWay.push(name)
  }
  if (gone.length === 0 && inTheWay.length === 0) return
  const readers = [...known.values()].filter(({ comment }) => comment !== null).map(({ name }) => name)
  const dropped = new Set([...gone, ...inTheWay, ...readers].filter((name) => known.has(name)))
  if (dropped.size > 0) await session.run(`DROP VIEW ${[...dropped].map((name) => qualified(schema, name)).join(', ')}`)
  for (const name of wanted) if (dropped.has(name) || inTheWay.includes(name)) await make(session, request, { name, wasView: false })
}

async function knownViews(session: Session, schema: string): Promise<KnownView[]> {
  return session.objects<KnownView>(
    `SELECT c.relname AS name, pg_get_viewdef(c.oid) AS definition, obj_description(c.oid, 'pg_class') AS comment
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'v'`,
    [schema],
  )
}

function isAsWanted({ tables, views }: StageRequest, name: string, known: KnownView | undefined): boolean {
  const view = views.get(name)
  if (view !== undefined) return known?.comment === markOfView(view)
  // No two versions have one table, so its name tells.
  return known?.comment === null && known.definition.includes(tables.get(name) ?? '')
}

/** False where it cannot be made over what is there, or not yet. */
async function replaced(session: Session, request: StageRequest, changed: Changed): Promise<boolean> {
  await session.run('SAVEPOINT one_view')
  try {
    await make(session, request, changed)
  } catch (error) {
    if (!isSqlState(error)) throw error
    await session.run('ROLLBACK TO SAVEPOINT one_view')
    return false
  }
  await session.run('RELEASE SAVEPOINT one_view')
  return true
}

async function make(session: Session, { schema, versions, tables, views }: StageRequest, { name, wasView }: Changed): Promise<void> {
  const address = qualified(schema, name)
  const view = views.get(name)
  const create = `CREATE OR REPLACE VIEW ${address} AS\n`
  if (view === undefined) {
    await session.run(`${create}SELECT * FROM ${qualified(versions, tables.get(name) ?? '')}`)
    if (wasView) await session.run(`COMMENT ON VIEW ${address} IS NULL`)
    return
  }
  // What it reads by name are the views beside it; anything else is found as the model's check found it.
  const path = `quote_ident(${quoteLiteral(schema)}) || ', ' || current_setting('search_path')`
  const [before] = await session.cells("SELECT current_setting('search_path')")
  await session.cells(`SELECT set_config('search_path', ${path}, true)`)
  await session.runOne(create + withoutEnd(view.sql))
  await session.cells(`SELECT set_config('search_path', ${quoteLiteral(before?.[0] ?? '')}, true)`)
  await session.run(`COMMENT ON VIEW ${address} IS ${quoteLiteral(markOfView(view))}`)
}

function markOfView({ sql, inputs }: ViewContent): string {
  return `Made by millrace from ${hashOf(sql, ...inputs)}`
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
