/**
 * What a model reads, as relations of one session: a version's table and a view's SQL become temporary views of
 * the models' names, so that the SQL of a model is given to the server as it is written.
 */
import { type ServerContent, withoutEnd } from '@millrace/batch/graph'
import { assert } from '@millrace/base'
import { quoteIdentifier } from '@millrace/sql/text'
import { qualified } from './names.ts'
import type { Session } from './session.ts'

export interface Reading {
  /** Tables of the server, also those behind views of models. */
  readonly tables: readonly string[]
  /** Whether it reads versions, which are committed after the run began. */
  readonly readsVersions: boolean
  /** Each after what it reads. */
  readonly views: readonly { readonly name: string; readonly sql: string }[]
}

export interface ReadingRequest {
  readonly inputs: readonly string[]
  readonly shown: ReadonlyMap<string, ServerContent>
  /** Of the names of the server's tables. */
  readonly prefix: string
  readonly versions: string
}

export function readingOf({ inputs, shown, prefix, versions }: ReadingRequest): Reading {
  const tables = new Set<string>()
  const views = new Map<string, string>()
  let readsVersions = false
  const visit = (input: string): void => {
    if (input.startsWith(prefix)) tables.add(input.slice(prefix.length))
    else if (!views.has(input)) {
      const content = shown.get(input)
      assert(content !== undefined, 'what a model reads was shown before')
      for (const behind of content.view?.inputs ?? []) visit(behind)
      readsVersions ||= content.view === undefined
      views.set(input, content.view === undefined ? selectOf(versions, content, input) : withoutEnd(content.view.sql))
    }
  }
  for (const input of inputs) visit(input)
  return { tables: [...tables], readsVersions, views: [...views].map(([name, sql]) => ({ name, sql })) }
}

/** With the model's name as its alias, by which a plan shows it. */
function selectOf(versions: string, { table }: ServerContent, name: string): string {
  return `SELECT * FROM ${qualified(versions, table ?? '')} AS ${quoteIdentifier(name)}`
}

/** In the session, until its transaction is rolled back. */
export async function createInputs(session: Session, { views }: Reading): Promise<void> {
  for (const { name, sql } of views) await session.runOne(`CREATE TEMP VIEW ${quoteIdentifier(name)} AS\n${sql}`)
}

/** Within a transaction; the work leaves nothing in the session. */
export async function withInputs<Result>(session: Session, reading: Reading, work: () => Promise<Result>): Promise<Result> {
  await createInputs(session, reading)
  const result = await work()
  const names = reading.views.map(({ name }) => `pg_temp.${quoteIdentifier(name)}`)
  if (names.length > 0) await session.run(`DROP VIEW ${names.join(', ')}`)
  return result
}
