/** Makes the table of a version, in the way in which its model is kept, within one transaction. */
import { obey, type ServerContent, type ServerWork, signatureOf, withoutEnd } from '@millrace/batch/graph'
import { MillraceError } from '@millrace/base'
import { makeIntervals } from './make-intervals.ts'
import { mergeRows } from './merge-rows.ts'
import type { Session } from './session.ts'

export interface VersionRequest {
  readonly work: ServerWork
  readonly address: string
  /** The schema of versions. */
  readonly versions: string
  /** The table of the version before; null where there is none. */
  readonly before: string | null
  /** Of equal ones all rows of a table are equal; null where that is not known yet. */
  readonly contentOf: (schema: string, table: string) => string | null
}

export interface MadeVersion {
  readonly rows: number
  readonly intervals?: NonNullable<ServerContent['intervals']>
  readonly computed: number
}

/** What the model reads is there under the names by which it reads it. */
export async function makeVersion(session: Session, { work, address, versions, before, contentOf }: VersionRequest): Promise<MadeVersion> {
  const { model } = work
  const { materialize, interval } = model.model.settings
  const { sql: ordered, settings } = obey(model.model.sql, 'postgres')
  const sql = withoutEnd(ordered)
  for (const { set } of settings) await session.run(set.replace(/^SET /, 'SET LOCAL '))
  if (interval !== null) return makeIntervals(session, { ...work, sql, address, versions, beforeTable: before, contentOf })
  if (materialize === 'table') return { rows: await session.runOne(`CREATE TABLE ${address} AS\n${sql}`), computed: 0 }
  // What a model reads may have got other types though its SQL means the same.
  const goesOn = work.before !== null && signatureOf(work.before.columns) === signatureOf(work.columns)
  if (materialize === 'snapshot' && work.before !== null && !goesOn)
    throw new MillraceError('HISTORY_COLUMNS_CHANGED', { details: { model: model.model.name, file: model.model.file } })
  return { rows: await mergeRows(session, { ...work, sql, address, before: goesOn ? before : null }), computed: 0 }
}
