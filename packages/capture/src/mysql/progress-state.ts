/**
 * What capture keeps beside `SourceProgress.transaction`. It moves in the same commit as the changes.
 *
 * Law of this file: a change's transaction is a counter of our own. It grows by one with each transaction
 * of the source that brings changes to a captured table, and by one with each reading of rows. Neither a file
 * name, nor a position, nor a sequence number of one domain grows over failovers and several domains; the
 * counter does, and because it moves with the history, a transaction that is read again after a crash gets
 * the same number again (law 5).
 */
import type { SourceProgress } from '@millrace/core'
import type { Dialect } from './binlog/event-type.ts'
import type { Cascade } from './catalog/read-cascades.ts'

export interface Stopped {
  /** What happened to the table, as a clause. */
  readonly why: string
  readonly sinceMs: number
}

export interface ProgressState {
  readonly dialect: Dialect
  /** Which server it was: tells a failover, and another server that happens to have a file of the same name. */
  readonly server: string
  readonly generation: number
  /** All that was taken: `gtid_binlog_pos` of MariaDB, `gtid_executed` of MySQL, at our place. */
  readonly gtid: string
  /** Where that place is in that server's files. For people, and to tell one server from another. */
  readonly file: string
  readonly position: number
  /** The place before the last transaction, and what that one looked like: proof that another server shares our history. */
  readonly before: string
  readonly proof: string
  /** Captured tables, by name. */
  readonly tables: readonly string[]
  /** Tables that were there at the snapshot and are not captured. */
  readonly passed: readonly string[]
  /** Tables that changed in a way that cannot be followed. */
  readonly stopped: Readonly<Record<string, Stopped>>
  /** Captured tables whose rows change with those of others; not there where no version before looked for them. */
  readonly cascades?: readonly Cascade[]
  /** Transactions that are prepared but neither committed nor rolled back; their rows wait in open tails. */
  readonly prepared: readonly string[]
}

export function stateOf({ state }: SourceProgress): ProgressState {
  return {
    dialect: state['dialect'] === 'mysql' ? 'mysql' : 'mariadb',
    server: String(state['server']),
    generation: Number(state['generation']),
    gtid: String(state['gtid']),
    file: String(state['file']),
    position: Number(state['position']),
    before: String(state['before'] ?? ''),
    proof: String(state['proof'] ?? ''),
    tables: textsOf(state['tables']),
    passed: textsOf(state['passed']),
    stopped: (state['stopped'] ?? {}) as ProgressState['stopped'],
    prepared: textsOf(state['prepared']),
    ...(Array.isArray(state['cascades']) ? { cascades: state['cascades'] } : {}),
  }
}

export function progressOf(source: string, transaction: number, state: ProgressState): SourceProgress {
  return { source, transaction, state: { ...state } }
}

/** Names of the open tails of a source; those of prepared transactions outlive a session. */
export const TAIL = {
  all: (source: string): string => `${source}/`,
  part: (source: string): string => `${source}/part`,
  snapshot: (source: string): string => `${source}/snapshot`,
  prepared: (source: string, name: string): string => `${source}/prepared/${name}`,
  /** Of all tables that are read anew beside the stream. */
  fills: (source: string): string => `${source}/fill/`,
  fill: (source: string, table: string, part: 'rows' | 'changes'): string => `${source}/fill/${table}/${part}`,
} as const

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
