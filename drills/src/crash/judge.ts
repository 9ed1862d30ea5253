/**
 * Judges what is left after the kills, by three witnesses that share no code with what is judged: the
 * tables in Postgres, the model's own SQL run by Postgres, and the receiver's ledger.
 */
import { assert, type Clock } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { openReader } from '@millrace/store'
import type { Postgres, Receiver } from '@millrace/testing'
import { SHOP_TABLES } from '@millrace/testing'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compareRows, sum } from '../witness/compare-rows.ts'
import { compareTable } from '../witness/compare-table.ts'
import { countIdentities } from '../witness/identities.ts'
import { foldedTexts, queriedTexts } from '../witness/stream-rows.ts'

/** The model that is delivered, and so judged at the receiver. */
const MODEL = 'order_totals'
const CATCH_UP_MS_LIMIT = 120_000

export interface Judgement {
  /** Changes that the log misses, rows that differ from Postgres, and events that never arrived. */
  readonly lost: number
  /** Identities that stand in the log twice, and rows or ids that are too many after removal of repeats. */
  readonly duplicated: number
  /** Events that were sent again under their old id, as is allowed. */
  readonly resent: number
  readonly proof: 'equal' | 'different'
  readonly changes: number
  readonly events: number
  readonly outOfOrder: number
}

export interface JudgeOptions {
  readonly postgres: Postgres
  readonly receiver: Receiver
  readonly storePath: string
  readonly project: string
  /** From the moment the first snapshot was whole: what the log held, and what was committed since. */
  readonly expectedSince: { readonly logged: number; readonly changes: number }
}

export async function judge({ postgres, receiver, storePath, project, expectedSince }: JudgeOptions): Promise<Judgement> {
  const reader = openReader(storePath)
  try {
    const log = countIdentities(reader)
    const missing = expectedSince.logged + expectedSince.changes - log.distinct
    const tables = []
    for (const table of SHOP_TABLES) tables.push(await compareTable(postgres, reader, { table, stream: `shop.${table}` }))
    const expected = await modelInPostgres(postgres, reader, project)
    const model = compareRows(expected, foldedTexts(reader, MODEL))
    const receiverKnows = compareRows(expected, receiverRows(reader, receiver))
    const published = written(reader, MODEL)
    const { first: distinctIds, resent, orderViolations } = receiver.stats()
    const rows = [...tables, model, receiverKnows]
    return {
      lost: Math.max(0, missing) + sum(rows.map((each) => each.missing)) + Math.max(0, published - distinctIds),
      duplicated:
        log.total - log.distinct + Math.max(0, -missing) + sum(rows.map((each) => each.extra)) + Math.max(0, distinctIds - published),
      resent,
      proof: model.missing === 0 && model.extra === 0 ? 'equal' : 'different',
      changes: log.distinct,
      events: distinctIds,
      outOfOrder: orderViolations,
    }
  } finally {
    reader.close()
  }
}

export function loggedChanges(storePath: string): number {
  const reader = openReader(storePath)
  try {
    return countIdentities(reader).distinct
  } finally {
    reader.close()
  }
}

export interface CaughtUpOptions {
  readonly postgres: Postgres
  readonly receiver: Receiver
  readonly storePath: string
  readonly clock: Clock
}

/** Waits until the log holds what the tables hold, the model reflects it and the receiver knows it. */
export async function caughtUp({ postgres, receiver, storePath, clock }: CaughtUpOptions, ended: () => boolean): Promise<void> {
  const endMs = clock.monotonicMs() + CATCH_UP_MS_LIMIT
  const position = Number((await postgres.query("select (pg_current_wal_flush_lsn() - '0/0')::bigint as position"))[0]?.['position'])
  let stable = 0
  let before = ''
  while (stable < 10) {
    assert(!ended(), 'the process lives until it is stopped')
    assert(clock.monotonicMs() < endMs, `the thread catches up within ${CATCH_UP_MS_LIMIT} ms`)
    await clock.sleep(200)
    if (!existsSync(storePath)) continue
    const reader = openReader(storePath)
    const read = reader.progress('shop')?.transaction ?? 0
    const published = reader.streams().some((stream) => stream.name === MODEL) ? written(reader, MODEL) : 0
    const now = `${reader.cut()} ${published} ${receiver.stats().first}`
    reader.close()
    const complete = (await confirmedPosition(postgres)) >= position && read > 0 && published > 0 && receiver.stats().first >= published
    stable = complete && now === before ? stable + 1 : 0
    before = now
  }
}

async function confirmedPosition(postgres: Postgres): Promise<number> {
  const rows = await postgres.query("select coalesce(max(confirmed_flush_lsn - '0/0'), 0)::bigint as position from pg_replication_slots")
  return Number(rows[0]?.['position'])
}

/** Runs the model's own SQL in Postgres, over views that have the streams' names. */
async function modelInPostgres(postgres: Postgres, reader: LogReader, project: string): Promise<string[]> {
  const sql = readFileSync(join(project, 'models', `${MODEL}.sql`), 'utf8')
    .trim()
    .replace(/;$/, '')
  await postgres.query('create schema if not exists shop')
  for (const table of SHOP_TABLES) await postgres.query(`create or replace view shop.${table} as select * from public.${table}`)
  const columns = reader
    .stream(MODEL)
    .schema.columns.map((column) => `"${column.name}"::text`)
    .join(', ')
  return queriedTexts(postgres, `select ${columns} from (${sql}) as model`)
}

/** What the receiver would say each row is now, after every event that it has verified. */
function receiverRows(reader: LogReader, receiver: Receiver): string[] {
  const { columns } = reader.stream(MODEL).schema
  return [...receiver.rows(MODEL)].map((row) =>
    JSON.stringify(columns.map(({ name }) => (row[name] === null || row[name] === undefined ? null : String(row[name])))),
  )
}

function written(reader: LogReader, stream: string): number {
  return sum(reader.extents(stream).map((extent) => extent.next))
}
