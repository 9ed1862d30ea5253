/** The replication slot: the server's promise to keep what Millrace has not acknowledged yet. */
import { reach, MillraceError } from '@millrace/base'
import { quoteIdentifier } from './catalog/table.ts'
import type { Connection, Query } from './connect.ts'
import { positionFromText, positionToText } from './position.ts'
import type { ProgressState } from './progress-state.ts'
import type { ServerIdentity } from './server-identity.ts'
import { successorOf } from './slot-name.ts'
import { codeOf } from './source-error.ts'

export interface SlotRow extends Record<string, unknown> {
  readonly plugin: string | null
  readonly database: string | null
  readonly activePid: number | null
  readonly confirmed: string | null
  readonly walStatus: string | null
  readonly keptBytes: number | null
  readonly safeBytes: number | null
}

const SLOT = `
  select plugin::text, database::text, active_pid::int as "activePid", confirmed_flush_lsn::text as confirmed, wal_status as "walStatus",
    pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn)::float8 as "keptBytes",
    safe_wal_size::float8 as "safeBytes"
  from pg_replication_slots where slot_name = $1`

export async function readSlot(query: Query, slot: string): Promise<SlotRow | null> {
  const [row] = await query<SlotRow>(SLOT, [slot])
  return row ?? null
}

export interface SlotOwner {
  readonly source: string
  readonly database: string
  readonly slot: string
  readonly server: ServerIdentity
}

/** The slot must continue exactly what is stored, else changes are missing and nobody would know. */
export async function checkSlot(query: Query, owner: SlotOwner, state: ProgressState): Promise<void> {
  const { source, slot, server, database } = owner
  const found = await readSlot(query, slot)
  const what = strangeness(server, state) ?? (found === null ? 'it is gone' : brokenness(found, database, state))
  if (what !== null) throw slotLost({ source, slot, position: state.position, what })
}

export function slotLost({
  source,
  slot,
  position,
  what,
}: {
  source: string
  slot: string
  position: number
  what: string
}): MillraceError {
  return new MillraceError('CAPTURE_SLOT_LOST', {
    details: { source, slot, position: positionToText(position), what, next: successorOf(slot) },
  })
}

/** Why what this server's log says at a position need not be what the log said that was read. */
function strangeness({ systemId, timeline, forks }: ServerIdentity, state: ProgressState): string | null {
  if (state.systemId !== systemId) return 'this is another database server'
  if (state.timeline === null || state.timeline === timeline) return null
  const fork = forks.find((each) => each.timeline === state.timeline)
  if (fork === undefined) return `this server does not descend from timeline ${state.timeline}, which was read`
  if (fork.position >= state.position) return null
  return `this server was promoted at ${positionToText(fork.position)}, without the changes after it that were read before`
}

function brokenness(found: SlotRow, database: string, { position }: ProgressState): string | null {
  if (found.walStatus === 'lost') return 'the server gave it up because it held back more than max_slot_wal_keep_size'
  if (found.database !== database) return `it belongs to the database ${String(found.database)}`
  if (found.plugin !== 'pgoutput') return `it speaks ${String(found.plugin)}`
  if (found.confirmed !== null && positionFromText(found.confirmed) > position) return `it stands at ${found.confirmed} already`
  return null
}

/** What a killed snapshot left behind; it holds nothing that is needed. */
export async function dropSlot(query: Query, { source, database, slot }: Omit<SlotOwner, 'server'>): Promise<void> {
  const found = await readSlot(query, slot)
  if (found === null) return
  if (found.database !== database || found.plugin !== 'pgoutput') {
    const what = `a slot of that name belongs to somebody else (database ${String(found.database)}, plugin ${String(found.plugin)})`
    throw new MillraceError('CAPTURE_SLOT_LOST', { details: { source, slot, position: 'no position', what, next: successorOf(slot) } })
  }
  if (found.activePid !== null) throw slotActive(source, slot, found.activePid)
  await query('select pg_drop_replication_slot($1)', [slot])
}

export function slotActive(source: string, slot: string, pid: number | null): MillraceError {
  return new MillraceError('CAPTURE_SLOT_ACTIVE', { details: { source, slot, pid: pid ?? 'unknown' } })
}

export interface MadeSlot {
  /** Where the stream begins: every transaction that commits from here on is streamed, each before is in the snapshot. */
  readonly position: number
  /** Names the snapshot for other sessions, as long as the replication connection does nothing else. */
  readonly snapshot: string
}

export interface SlotRequest {
  readonly source: string
  readonly slot: string
  /** Goes with its connection. */
  readonly isTemporary: boolean
  /** Taken over by a standby that is promoted (Postgres 17 and later). */
  readonly isFailover: boolean
}

/** Waits for transactions that are open; `lock_timeout` bounds the wait and leaves no half-made slot. */
export async function makeSlot(replication: Connection, control: Query, request: SlotRequest): Promise<MadeSlot> {
  const { source, slot, isTemporary, isFailover } = request
  if (!isTemporary) reach('capture.before-slot')
  const options = isFailover ? "(SNAPSHOT 'export', FAILOVER)" : 'EXPORT_SNAPSHOT'
  try {
    const [row] = await replication.query<{ consistent_point: string; snapshot_name: string }>(
      `CREATE_REPLICATION_SLOT ${quoteIdentifier(slot)} ${isTemporary ? 'TEMPORARY ' : ''}LOGICAL pgoutput ${options}`,
    )
    return { position: positionFromText(row?.consistent_point ?? ''), snapshot: row?.snapshot_name ?? '' }
  } catch (error) {
    const code = codeOf(error instanceof MillraceError ? error.cause : error)
    if (code !== '55P03') throw error
    throw new MillraceError('CAPTURE_SLOT_BLOCKED', { cause: error, details: { source, slot, blocker: await oldestTransaction(control) } })
  }
}

async function oldestTransaction(query: Query): Promise<string> {
  const [row] = await query<{ pid: number; state: string | null; seconds: number }>(
    `select pid, state, extract(epoch from now() - xact_start)::int as seconds from pg_stat_activity
     where backend_xid is not null and pid <> pg_backend_pid() order by xact_start limit 1`,
  )
  return row === undefined
    ? 'it has ended meanwhile'
    : `the oldest is that of process ${row.pid}, ${row.state ?? 'hidden'}, for ${row.seconds} s`
}
