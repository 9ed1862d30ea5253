/** Reads what the slot holds back, and says so at the limit, or gives the slot up where that was chosen. */
import { type Clock, MillraceError } from '@millrace/base'
import type { PostgresSource } from '@millrace/core'
import type { CaptureRecord } from '../capture-record.ts'
import type { Query } from '../connect.ts'
import { successorOf } from '../slot-name.ts'
import { WalGauge } from './wal-gauge.ts'

export const KEPT_BYTES_LIMIT = 10_000_000_000

interface SlotWal extends Record<string, unknown> {
  readonly keptBytes: number | null
  readonly safeBytes: number | null
  /** From what was acknowledged to the newest byte: what is kept beyond it is kept for transactions that are open in the server. */
  readonly behindBytes: number | null
  readonly confirmed: string | null
}

const SLOT = `
  with now as (select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as position)
  select pg_wal_lsn_diff(position, restart_lsn)::float8 as "keptBytes", safe_wal_size::float8 as "safeBytes",
    pg_wal_lsn_diff(position, confirmed_flush_lsn)::float8 as "behindBytes", confirmed_flush_lsn::text as confirmed
  from pg_replication_slots, now where slot_name = $1`

export interface WalWatchOptions {
  readonly source: string
  readonly slot: string
  readonly wal: PostgresSource['wal']
  readonly clock: Clock
  readonly record: CaptureRecord
}

export class WalWatch {
  readonly #options: WalWatchOptions
  readonly #gauge: WalGauge
  readonly #limitBytes: number

  constructor(options: WalWatchOptions) {
    this.#options = options
    this.#limitBytes = options.wal?.keptBytesLimit ?? KEPT_BYTES_LIMIT
    this.#gauge = new WalGauge(this.#limitBytes)
  }

  /** Raises CAPTURE_SLOT_LOST where the slot is to be given up at the limit. */
  async look(query: Query): Promise<void> {
    const { slot, record, clock } = this.#options
    const [found] = await query<SlotWal>(SLOT, [slot])
    if (found === undefined || found.keptBytes === null) {
      record.wal = null
      return
    }
    const keptBytes = Math.max(0, found.keptBytes)
    record.wal = this.#gauge.take({ atMs: clock.monotonicMs(), keptBytes, safeBytes: found.safeBytes })
    if (record.warning?.code === 'CAPTURE_WAL_LIMIT') record.warning = null
    if (keptBytes >= this.#limitBytes) this.#atLimit(found, keptBytes)
  }

  /** Giving the slot up frees only what is kept for us: a new one would be held up by the same open transactions. */
  #atLimit({ behindBytes, confirmed }: SlotWal, keptBytes: number): void {
    const { source, slot, wal, record } = this.#options
    const [kept, limit] = [keptBytes, this.#limitBytes].map((bytes) => Math.round(bytes / 1e6)) as [number, number]
    if (wal?.atLimit === 'rebuild' && (behindBytes ?? 0) >= this.#limitBytes) {
      const what = `it held back ${kept} MB of the log, and \`wal.atLimit\` is 'rebuild'`
      throw new MillraceError('CAPTURE_SLOT_LOST', {
        details: { source, slot, position: confirmed ?? 'no position', what, next: successorOf(slot) },
      })
    }
    record.warning = new MillraceError('CAPTURE_WAL_LIMIT', { details: { source, slot, kept, limit } })
  }
}
