/** Which tables are captured and which have stopped, as statements and shapes change it while the binlog is followed. */
import type { Clock } from '@millrace/base'
import type { CaptureRecord } from './capture-record.ts'
import type { Cascade } from './catalog/read-cascades.ts'
import type { Fills } from './fill/fills.ts'
import type { PendingChanges } from './pending-changes.ts'
import { ALL_TABLES, type TablesEffect } from './statement-effect.ts'
import type { TableBinder } from './table-binder.ts'
import type { TransactionLog } from './transaction-log.ts'

export interface CapturedTablesOptions {
  readonly log: TransactionLog
  readonly binder: TableBinder
  readonly pending: PendingChanges
  readonly fills: Fills
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly database: string
  readonly areCascadesLogged: boolean
  readonly onStop: (table: string) => void
}

/** A table whose changes have others change too. */
export interface ParentTable {
  readonly name: string
  readonly isDelete: boolean
  /** A change of one of these reaches the others; none where only deletes do. */
  readonly columns: readonly string[]
}

export class CapturedTables {
  readonly #options: CapturedTablesOptions

  constructor(options: CapturedTablesOptions) {
    this.#options = options
  }

  /** One that is read anew takes its changes again, though it is stopped until it is shown. */
  isStopped(table: string): boolean {
    const { log, fills } = this.#options
    return log.state.stopped[table] !== undefined && !fills.isTaking(table)
  }

  /** Nothing of the table is taken from here on; its neighbours flow on (law 9). */
  stop(table: string, why: string): void {
    const { log, fills, record, clock, onStop } = this.#options
    if (this.isStopped(table)) return
    fills.end(table, 'stopped')
    const stopped = { ...log.state.stopped, [table]: { why, sinceMs: clock.nowMs() } }
    log.state = { ...log.state, stopped }
    record.stopped = stopped
    onStop(table)
  }

  /** How a change of this table changes others without an event; null where it does not. */
  cascadeOf(parent: string): ParentTable | null {
    const own = (this.#options.log.state.cascades ?? []).filter((cascade) => cascade.parent === parent)
    if (own.length === 0) return null
    return {
      name: parent,
      isDelete: own.some(({ onDelete }) => onDelete),
      columns: own.flatMap(({ onUpdate, columns }) => (onUpdate ? columns : [])),
    }
  }

  /** Rows of others changed with those of this table, and those of yet others with them. */
  cascade(parent: string, rule: 'onDelete' | 'onUpdate'): void {
    const { log, database } = this.#options
    const seen = new Set<string>()
    const follow = (name: string, isTouched: (cascade: Cascade) => boolean): void => {
      for (const cascade of log.state.cascades ?? []) {
        if (cascade.parent !== name || !isTouched(cascade) || seen.has(cascade.child)) continue
        seen.add(cascade.child)
        this.stop(cascade.child, `a foreign key changes its rows with those of ${parent}, which the binlog does not tell`)
        follow(`${database}.${cascade.child}`, () => true)
      }
    }
    follow(parent, (cascade) => cascade[rule])
  }

  apply(effect: TablesEffect): void {
    const { log, binder, pending } = this.#options
    const { state } = log
    this.#applyCascades(effect)
    for (const { table, why, isArrival } of effect.stop) if (isArrival || state.tables.includes(table)) this.stop(table, why)
    for (const table of Object.keys(state.stopped)) if (isAmong(effect.drop, table)) this.#resume(table)
    const tables = new Set([...state.tables, ...effect.create])
    if (tables.size > state.tables.length) log.state = { ...log.state, tables: [...tables] }
    for (const table of state.tables) {
      if (!isAmong(effect.drop, table) && (this.isStopped(table) || !isAmong(effect.empty, table))) continue
      const slots = binder.slotsOf(table)
      if (slots !== undefined) pending.empty(slots)
    }
  }

  #applyCascades({ drop, cascade, rename }: TablesEffect): void {
    const { log, areCascadesLogged } = this.#options
    const { cascades = [] } = log.state
    const kept = cascades.filter(({ child }) => !isAmong(drop, child))
    const renamed = rename.flatMap(({ from, to }) => kept.filter(({ parent }) => parent === from).map((each) => ({ ...each, parent: to })))
    const next = [...kept, ...renamed, ...(areCascadesLogged ? [] : cascade)]
    if (next.length !== cascades.length || kept.length !== cascades.length) log.state = { ...log.state, cascades: next }
  }

  /** It is gone with all that could not be told of it; one that is made under its name begins without rows. */
  #resume(table: string): void {
    const { log, fills, record } = this.#options
    fills.end(table, 'gone')
    const { [table]: _, ...stopped } = log.state.stopped
    log.state = { ...log.state, stopped }
    record.stopped = stopped
  }
}

function isAmong(tables: readonly string[], table: string): boolean {
  return tables.includes(table) || tables.includes(ALL_TABLES)
}
