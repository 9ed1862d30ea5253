/**
 * Follows the source's binlog and brings its changes into the log.
 *
 *   socket ─ packets ─ events ─► transactions ─► pending changes ─► one commit at a time ─► log
 *
 * An event group begins with its GTID and ends with XID, with the statement COMMIT (engines without
 * transactions have no XID), with XA PREPARE, or with the one statement that it consists of. A group that
 * never ends, because its server died while writing it, is passed over when it comes again.
 */
import { assert, MillraceError } from '@millrace/base'
import {
  type GroupStart,
  type QueryEvent,
  readMariadbGtid,
  readMysqlGtid,
  readPayload,
  readQuery,
  readXaName,
} from './binlog/control-event.ts'
import { EventReader } from './binlog/event-reader.ts'
import { EVENT } from './binlog/event-type.ts'
import { isMalformed, MalformedError } from './binlog/malformed.ts'
import { readRows, type RowsKind, rowsTypeOf, tableIdAt } from './binlog/rows-event.ts'
import { readStatement } from './binlog/statement.ts'
import { readTableMap, readTableName } from './binlog/table-map.ts'
import { type BoundParent, boundParent, BoundTables } from './bound-tables.ts'
import { CapturedTables } from './captured-tables.ts'
import { Fills } from './fill/fills.ts'
import type { FollowerOptions } from './follower-options.ts'
import { parseHistory, type History } from './gtid/history.ts'
import { HistoryProof } from './gtid/history-proof.ts'
import { IncompleteGroup } from './incomplete-group.ts'
import { caseOfName } from './name-case.ts'
import type { ProgressState } from './progress-state.ts'
import { type Effect, effectOf, type StatementPlace } from './statement-effect.ts'
import type { TableFeed } from './table-feed.ts'
import { PART_BYTES } from './transaction-log.ts'

export class BinlogFollower {
  /** Stopped tables that are read anew meanwhile. */
  readonly fills: Fills
  readonly #options: FollowerOptions
  readonly #events: EventReader
  readonly #history: History
  readonly #bound = new BoundTables()
  readonly #tables: CapturedTables
  #file: string
  #group: GroupStart | null = null
  #groupPlace = ''
  /** In MySQL the first statement tells whether the group is a single one. */
  #isFirst = false
  #isStandalone = false
  #isSkipped = false
  readonly #proof: HistoryProof

  constructor(options: FollowerOptions) {
    const { source, isChecked, state, isProofWanted } = options
    this.#options = options
    this.#events = new EventReader(source, isChecked)
    const onJoin = (table: string): void => this.#bound.forget(table)
    const onStop = (table: string): void => this.#bound.silence(table)
    this.fills = new Fills({ ...options, onJoin, onStop })
    this.#tables = new CapturedTables({ ...options, fills: this.fills, onStop })
    this.#history = parseHistory(state.dialect, state.gtid)
    this.#file = state.file
    this.#proof = new HistoryProof(state.proof, isProofWanted)
  }

  get state(): ProgressState {
    return this.#options.log.state
  }

  /** What comes now is new, and from a server that shares our history. */
  get isProven(): boolean {
    return !this.#proof.isDue && !this.#proof.isAtHand
  }

  /** One event. The hot path returns null; a promise is to be waited for before the next event. */
  take(buffer: Buffer, start: number, end: number): Promise<void> | null {
    const events = this.#events
    events.read(buffer, start, end)
    if (events.type === EVENT.TRANSACTION_PAYLOAD) return this.#payload()
    return this.#event(end - start)
  }

  #event(bytes: number): Promise<void> | null {
    const { type } = this.#events
    try {
      const rows = rowsTypeOf(type)
      if (rows !== null) return this.#rows(rows, bytes)
      if (type === EVENT.TABLE_MAP) return this.#tableMap()
      return this.#control(type)
    } catch (error) {
      throw this.#unreadable(error)
    }
  }

  #rows(type: NonNullable<ReturnType<typeof rowsTypeOf>>, bytes: number): Promise<void> | null {
    const { buffer, start, end } = this.#events
    const { pending, log } = this.#options
    const id = tableIdAt(buffer, start)
    const bound = this.#bound.get(id)
    if (bound === undefined) {
      if (this.#bound.isNobodys(id)) return null
      throw new MalformedError('rows came of a table that nothing told of')
    }
    if (this.#isSkipped || this.#proof.isAtHand) return null
    const { feed, parent } = bound
    if (feed === null) {
      // What an update changed is not told without a shape to read it by, so any may have reached the others.
      if (parent !== null) this.#cascade(parent, type.kind, true)
      return null
    }
    const body = readRows(buffer, { start, end, type, columns: feed.columnCount })
    if (parent !== null) this.#cascade(parent, type.kind, type.kind === 'update' && feed.changes(body, parent.columns))
    if (type.kind === 'update') feed.update(body)
    else if (type.kind === 'delete') feed.delete(body)
    else if (!feed.insert(body))
      throw new MillraceError('CAPTURE_ROW_IMAGE', { details: { source: this.#options.source, table: bound.table } })
    pending.bytes += bytes
    return pending.bytes >= PART_BYTES ? log.part() : null
  }

  /** Whatever of the others was told before this change stands; nothing of them is taken after it. */
  #cascade({ name, isDelete, columns }: BoundParent, kind: RowsKind, isChanged: boolean): void {
    if (kind === 'delete' && isDelete) this.#tables.cascade(name, 'onDelete')
    if (kind === 'update' && isChanged && columns.length > 0) this.#tables.cascade(name, 'onUpdate')
  }

  #tableMap(): Promise<void> | null {
    const { buffer, start, end } = this.#events
    const id = tableIdAt(buffer, start)
    const known = this.#bound.get(id)
    if (known !== undefined && buffer.compare(known.body, 0, known.body.length, start + 6, end) === 0) {
      this.#resemble(known.body)
      return null
    }
    // A copy, because the buffer is used again.
    const body = Buffer.from(buffer.subarray(start + 6, end))
    return this.#bind(id, body)
  }

  async #bind(id: number, body: Buffer): Promise<void> {
    const { binder, log } = this.#options
    try {
      const binding = await binder.bind(body)
      let feed: TableFeed | null = null
      if (binding.kind === 'bound') feed = binding.feed
      if (binding.kind === 'reshaped' && !this.#tables.isStopped(binding.table)) {
        await log.settle()
        log.define(binding.definition)
        feed = binding.apply()
        this.#bound.forget(binding.table)
      }
      if (binding.kind === 'stopped') this.#tables.stop(binding.table, binding.why)
      const table = binding.kind === 'passed' ? '' : binding.table
      this.#resemble(body)
      this.#bound.set(id, { body, feed: this.#tables.isStopped(table) ? null : feed, table, parent: this.#parentOf(body) })
    } catch (error) {
      throw this.#unreadable(error)
    }
  }

  /** By its name, for it may be one that nobody wants. */
  #parentOf(body: Buffer): BoundParent | null {
    const { database, table } = readTableName(body)
    const parent = this.#tables.cascadeOf(`${database}.${table}`)
    if (parent === null) return null
    return boundParent(parent, readTableMap(body, this.state.dialect))
  }

  #control(type: number): Promise<void> | null {
    const events = this.#events
    switch (type) {
      case EVENT.MARIADB_GTID:
        return this.#begin(readMariadbGtid(events.body, events))
      case EVENT.GTID:
        return this.#begin(readMysqlGtid(events.body, events.seconds))
      case EVENT.XID:
        return this.#end()
      case EVENT.QUERY:
      case EVENT.MARIADB_QUERY_COMPRESSED:
        return this.#query(type === EVENT.MARIADB_QUERY_COMPRESSED)
      case EVENT.XA_PREPARE:
        return this.#prepared()
      case EVENT.ROTATE:
        return this.#rotate()
      case EVENT.FORMAT_DESCRIPTION:
        return this.#newFile()
      case EVENT.HEARTBEAT:
      case EVENT.HEARTBEAT_V2:
        return this.#heartbeat()
      case EVENT.ANONYMOUS_GTID:
        throw this.#undecodable('a transaction without a GTID (`gtid_mode` must stay ON)')
      case EVENT.GTID_TAGGED:
        throw this.#undecodable('a GTID with a tag, which MySQL 8.3 and later can be told to give')
      case EVENT.PARTIAL_UPDATE_ROWS:
        throw this.#undecodable('a part of a JSON value (set `binlog_row_value_options` to the empty text)')
      case EVENT.INCIDENT:
        throw this.#lost('the server itself says that its binlog lacks changes (an incident event)')
      default:
        return null
    }
  }

  #begin(group: GroupStart): Promise<void> | null {
    this.#failIfOpen()
    this.#bound.trim()
    const wait = this.fills.passes(this.#file, this.#events.nextPosition)
    return wait === null ? this.#open(group) : this.#openAfter(wait, group)
  }

  async #openAfter(wait: Promise<void>, group: GroupStart): Promise<void> {
    await wait
    await this.#open(group)
  }

  #open(group: GroupStart): Promise<void> | null {
    const { log, incomplete } = this.#options
    this.#group = group
    this.#groupPlace = `${this.#file}:${this.#events.nextPosition}`
    this.#isSkipped = incomplete.has(this.#groupPlace)
    this.#isFirst = true
    this.#isStandalone = group.isStandalone ?? false
    this.#proof.begin(group)
    log.begin(group.timeMicros)
    return group.preparing === null ? null : this.#prepare(group.preparing)
  }

  /** A group that is open when another begins was never finished by its server. */
  #failIfOpen(): void {
    if (this.#group === null) return
    if (!this.#isSkipped && this.#options.pending.index > 0) throw new IncompleteGroup(this.#groupPlace, this.#group.gtid)
    this.#group = null
  }

  #query(isCompressed: boolean): Promise<void> | null {
    const { database, sql, isStrict } = readQuery(this.#events.body, isCompressed)
    if (this.#group === null) return null
    const statement = readStatement(sql)
    const isFirst = this.#isFirst
    this.#isFirst = false
    switch (statement.kind) {
      case 'begin':
        return null
      case 'commit':
        return this.#end()
      case 'rollback':
        // It ends a group whose rows are undone; restarting without it is the simplest way to forget them.
        if (this.#options.pending.index > 0 && !this.#isSkipped) throw new IncompleteGroup(this.#groupPlace, this.#group.gtid)
        return this.#end()
      case 'rollback-to':
        if (this.#options.pending.index > 0)
          throw this.#undecodable('a transaction that was rolled back to a savepoint over tables without transactions')
        return null
      case 'xa':
        return this.#xa(statement, isFirst)
      default: {
        if (isFirst && this.#group.isStandalone === null) this.#isStandalone = true
        this.#proof.add(sql)
        const effect =
          this.#isSkipped || this.#proof.isAtHand ? null : effectOf(statement, this.#statementPlace({ sql, database, isStrict }))
        if (effect !== null) this.#apply(effect)
        return this.#isStandalone ? this.#end() : null
      }
    }
  }

  #statementPlace(query: QueryEvent): StatementPlace {
    const { database: ours, isWanted, isTimestampFilled, names, binder } = this.#options
    const caseOf = (name: string): string => caseOfName(name, names)
    return { ...query, ours, isWanted, isTimestampFilled, caseOf, columnsOf: (table) => binder.columnsOf(table) }
  }

  #xa({ verb, name, isOnePhase }: { verb: string; name: string; isOnePhase: boolean }, isFirst: boolean): Promise<void> | null {
    const { log } = this.#options
    if (verb === 'START' || verb === 'BEGIN') {
      return this.#prepare(name)
    }
    if (!isFirst || (verb !== 'COMMIT' && verb !== 'ROLLBACK') || isOnePhase) return null
    this.#proof.add(`${verb} ${name}`)
    if (this.#isSkipped || this.#proof.isAtHand) return this.#end()
    const { prepared } = this.state
    if (!prepared.includes(name)) {
      if (verb === 'ROLLBACK') return this.#end()
      throw this.#lost(`a transaction was committed that had been prepared before the snapshot (${name})`)
    }
    const state = { ...this.#advanced(), prepared: prepared.filter((other) => other !== name) }
    return log.settlePrepared(name, verb === 'COMMIT', state)
  }

  #prepare(name: string): Promise<void> | null {
    if (this.#isSkipped || this.#proof.isAtHand) return null
    this.fills.disturb()
    return this.#options.log.prepare(name)
  }

  #prepared(): Promise<void> | null {
    const { name, isOnePhase } = readXaName(this.#events.body)
    const { log } = this.#options
    if (this.#isSkipped || this.#proof.isAtHand) return this.#end()
    if (isOnePhase) throw this.#undecodable('a transaction that was committed in one phase under a name')
    return log.commitPrepared({ ...this.#advanced(), prepared: [...this.state.prepared, name] })
  }

  #end(): Promise<void> | null {
    if (this.#group === null) return null
    const state = this.#advanced()
    if (!this.#proof.isAtHand) return this.#options.log.commit(state)
    const { proof, before, gtid } = this.#options.state
    if (!this.#proof.settle(state.proof))
      throw this.#lost(
        `after ${before} this server has the transaction ${state.proof.split(' ')[0]} where ours was ${gtid}, or another of that name`,
      )
    return this.#options.log.commit({ ...state, before, proof })
  }

  /** The place behind the group at hand, which is no longer at hand. */
  #advanced(): ProgressState {
    const group = this.#group
    assert(group !== null, 'a group ends that began')
    const { state } = this
    const isMariadb = state.dialect === 'mariadb'
    const before = isMariadb ? this.#history.toString() : ''
    this.#history.add(group.gtid)
    this.#group = null
    const proof = isMariadb ? this.#proof.likenessOf(group) : ''
    return { ...state, gtid: this.#history.toString(), file: this.#file, position: this.#events.nextPosition, before, proof }
  }

  #apply(effect: Effect): void {
    if (effect.kind === 'unseen')
      throw new MillraceError('CAPTURE_STATEMENT_LOGGED', { details: { source: this.#options.source, place: this.#place } })
    this.#bound.clear()
    this.#tables.apply(effect)
  }

  /** Whether the table is wanted or not, which may change while nothing runs; a replica may lack what is in other databases. */
  #resemble(body: Buffer): void {
    if (this.state.dialect !== 'mariadb') return
    const { database, table } = readTableName(body)
    if (database === this.#options.database) this.#proof.add(table)
  }

  async #payload(): Promise<void> {
    const { nextPosition } = this.#events
    try {
      const bytes = readPayload(this.#events.body)
      for (let at = 0; at < bytes.length;) {
        const next = this.#events.readInner(bytes, at)
        this.#events.nextPosition = nextPosition
        // A payload has none within it, so that this never goes deeper.
        if (this.#events.type === EVENT.TRANSACTION_PAYLOAD) throw new MalformedError('a compressed transaction holds another one')
        const wait = this.#event(next - at)
        if (wait !== null) await wait
        at = next
      }
    } catch (error) {
      throw this.#unreadable(error)
    }
  }

  #rotate(): null {
    const { body } = this.#events
    this.#file = body.toString('utf8', 8)
    return null
  }

  /** A file begins. Where the server died, the group at hand has no end; where the file was rotated, none is at hand. */
  #newFile(): null {
    if (this.#events.nextPosition > 0) this.#failIfOpen()
    this.#bound.clear()
    return null
  }

  /** Comes only while the server waits at the end of its binlog: there is nothing that we have not got. */
  #heartbeat(): Promise<void> | null {
    const { record, clock, log, state } = this.#options
    if (this.#proof.isDue && this.#group === null)
      throw this.#lost(`this server has nothing after ${state.before}, and so lacks ${state.gtid}`)
    record.lastHeartbeatMs = clock.nowMs()
    if (log.isIdle) record.lastLagMs = 0
    return this.#group === null ? this.fills.rests(this.#file, this.#events.nextPosition) : null
  }

  #unreadable(error: unknown): unknown {
    return isMalformed(error) ? this.#undecodable(`${error.message}, in an event of kind ${this.#events.type}`, error) : error
  }

  #undecodable(what: string, cause?: unknown): MillraceError {
    return new MillraceError('CAPTURE_BINLOG_UNREADABLE', { cause, details: { source: this.#options.source, what, place: this.#place } })
  }

  #lost(what: string): MillraceError {
    return new MillraceError('CAPTURE_BINLOG_LOST', { details: { source: this.#options.source, gtid: this.#options.state.gtid, what } })
  }

  get #place(): string {
    return `${this.#file}:${this.#events.nextPosition}`
  }
}
