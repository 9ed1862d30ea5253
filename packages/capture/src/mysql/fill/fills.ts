/**
 * A stopped table that is read anew, as the stream meets it. The rows are read under one view, which stands
 * at a place P of the binlog: what is before P is in it, what comes after is not. Rows go into one open
 * tail, and what the stream tells of the table after P into another; one commit shows the first, then the
 * second, and with it the table is followed again. Whatever ends the session ends the fill, which is begun
 * anew: nothing of it was seen, and the table is still stopped in what is stored.
 *
 * Law of this file: what concerns the stream happens between two of its transactions, and within `passes`
 * and `rests`, for which the follower waits. So the place P is told to it before it takes what is after P.
 */
import { reach } from '@millrace/base'
import type { CaptureRecord } from '../capture-record.ts'
import { acceptancePlace } from '../../stopped/acceptance.ts'
import { streamName } from '../catalog/table.ts'
import { TAIL } from '../progress-state.ts'
import type { TableBinder } from '../table-binder.ts'
import type { TransactionLog } from '../transaction-log.ts'
import { ActiveFill, type FillEnd, type FillRequest } from './active-fill.ts'
import { type BinlogPlace, comparePlaces } from './binlog-place.ts'

export interface FillsOptions {
  readonly source: string
  readonly log: TransactionLog
  readonly binder: TableBinder
  readonly record: CaptureRecord
  /** From here on the table's rows are told otherwise than its last TABLE_MAP was bound to. */
  readonly onJoin: (table: string) => void
  /** From here on they are nobody's. */
  readonly onStop: (table: string) => void
}

export class Fills {
  readonly #options: FillsOptions
  #gate: PromiseWithResolvers<void> | null = null
  #active: ActiveFill | null = null
  /** Within the newest transaction that was begun. */
  #newest: BinlogPlace | null = null

  constructor(options: FillsOptions) {
    this.#options = options
  }

  /** No transaction begins before what is returned is called. */
  hold(): () => void {
    const gate = Promise.withResolvers<void>()
    this.#gate = gate
    return () => {
      if (this.#gate === gate) this.#gate = null
      gate.resolve()
    }
  }

  /**
   * Whether all that was taken is before the place. MariaDB sends a transaction before it can be seen, so
   * that a view may be older than what has come.
   */
  covers(place: BinlogPlace): boolean {
    return this.#newest === null || comparePlaces(place, this.#newest) > 0
  }

  /** To be called while the stream is held. */
  begin(request: FillRequest): ActiveFill {
    this.#active = new ActiveFill(request)
    return this.#active
  }

  /** Whether the table's changes belong to a fill. */
  isTaking(table: string): boolean {
    return this.#active !== null && this.#active.isJoined && this.#active.request.table === table
  }

  /** A transaction begins, and the place is within it. */
  passes(file: string, position: number): Promise<void> | null {
    const place = { file, position }
    if (this.#gate !== null || this.#active !== null) return this.#pass(place)
    this.#newest = place
    return null
  }

  /** The server has nothing after the place. */
  rests(file: string, position: number): Promise<void> | null {
    const fill = this.#active
    return fill === null ? null : this.#turn(fill, comparePlaces({ file, position }, fill.request.place) >= 0)
  }

  /** Rows of a transaction that is only prepared would neither be before the fill nor within it. */
  disturb(): void {
    const fill = this.#active
    if (fill?.isJoined === true) this.#end(fill, 'disturbed')
  }

  end(table: string, how: FillEnd): void {
    const fill = this.#active
    if (fill?.request.table === table) this.#end(fill, how)
  }

  async #pass(place: BinlogPlace): Promise<void> {
    await this.#gate?.promise
    this.#newest = place
    const fill = this.#active
    if (fill !== null) await this.#turn(fill, comparePlaces(place, fill.request.place) > 0)
  }

  async #turn(fill: ActiveFill, isReached: boolean): Promise<void> {
    if (!fill.isJoined && isReached) await this.#join(fill)
    if (fill === this.#active && fill.isJoined && fill.isRead) await this.#show(fill)
  }

  /** Nothing that is pending is of the table's former shape. */
  async #join(fill: ActiveFill): Promise<void> {
    const { source, log, binder, onJoin } = this.#options
    const { table, definition, cascades } = fill.request
    if (log.state.prepared.length > 0) return this.#end(fill, 'disturbed')
    await log.settle()
    if (fill !== this.#active) return
    fill.transaction = log.reserve()
    binder.redirect(table, TAIL.fill(source, table, 'changes'), definition)
    const others = log.state.tables.filter((other) => other !== table)
    log.state = {
      ...log.state,
      tables: definition === null ? others : [...others, table],
      cascades: [...(log.state.cascades ?? []).filter(({ child }) => child !== table), ...cascades],
    }
    onJoin(table)
    fill.isJoined = true
  }

  async #show(fill: ActiveFill): Promise<void> {
    const { source, log, binder, record } = this.#options
    const { table, timeMicros } = fill.request
    await log.settle()
    const { [table]: _, ...stopped } = log.state.stopped
    const rows = { tail: TAIL.fill(source, table, 'rows'), origin: { transaction: fill.transaction, timeMicros } }
    const show = [rows, { tail: TAIL.fill(source, table, 'changes') }]
    reach('capture.before-show')
    await log.appear({ show, state: { remove: [acceptancePlace(source, streamName(source, table))] } }, { ...log.state, stopped })
    binder.show(table)
    record.stopped = stopped
    this.#active = null
    fill.end('shown')
  }

  #end(fill: ActiveFill, how: FillEnd): void {
    const { binder, onStop } = this.#options
    this.#active = null
    if (fill.isJoined) {
      binder.redirect(fill.request.table, null, null)
      onStop(fill.request.table)
    }
    fill.end(how)
  }
}
