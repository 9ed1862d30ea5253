/** Begins a run on a server: its moment is now. */
import type { ServerRunOptions } from '@millrace/batch/graph'
import type { SourceTarget } from '@millrace/capture'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'
import { randomUUID } from 'node:crypto'
import { versionsSchema } from './names.ts'
import { PostgresRun } from './postgres-run.ts'
import { Session } from './session.ts'
import { SessionPool, SNAPSHOT_BEGIN } from './session-pool.ts'
import { tableMarks } from './table-marks.ts'

export interface OpenRunRequest extends ServerRunOptions {
  readonly engine: string
  readonly target: SourceTarget
  readonly schema: string
}

export async function openRun(request: OpenRunRequest): Promise<PostgresRun> {
  const { engine, target, schema, identity, workers, memory } = request
  const holder = await Session.open(target)
  try {
    const server = await serverOf(holder, request)
    // Before the snapshot: what is remembered with them may then be younger, and never older.
    const marks = await tableMarks(holder)
    await holder.run(`${SNAPSHOT_BEGIN} READ ONLY`)
    const [row] = await holder.objects<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot')
    const pool = new SessionPool(target, workers)
    return new PostgresRun({ engine, identity, schema, server, holder, snapshot: row?.snapshot ?? '', pool, marks, memory })
  } catch (error) {
    holder.close()
    throw holder.failure(error)
  }
}

/** The schema of versions has a name of its own for the server, given when it is made: another server, or one made anew, has another. */
async function serverOf(session: Session, { identity, writes }: OpenRunRequest): Promise<string> {
  const name = versionsSchema(identity)
  const known = async (): Promise<string | undefined> => {
    const sql = "SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = $1"
    const [row] = await session.objects<{ comment: string | null }>(sql, [name])
    return row?.comment ?? undefined
  }
  const server = await known()
  if (server !== undefined || !writes) return server ?? ''
  const make = [`CREATE SCHEMA ${quoteIdentifier(name)}`, `COMMENT ON SCHEMA ${quoteIdentifier(name)} IS ${quoteLiteral(randomUUID())}`]
  try {
    await session.run(make.join(';'))
  } catch (error) {
    // A run in another environment may have been first.
    if ((await known()) === undefined) throw error
  }
  return (await known()) ?? ''
}
