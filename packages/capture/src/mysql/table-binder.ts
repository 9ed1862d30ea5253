/**
 * Finds, for a TABLE_MAP, the captured table and its stream's shape. A column that was added is followed;
 * one that was removed, renamed or given another type stops the table, because rows of both shapes cannot
 * stand in one stream without changing what it has said (law 4). The other tables flow on.
 */
import { MillraceError } from '@millrace/base'
import { type Column, type Schema, sameType, sqlNameOf, type StreamDefinition } from '@millrace/core'
import type { Dialect } from './binlog/event-type.ts'
import { type MapColumn, readTableMap, readTableName, type TableMap } from './binlog/table-map.ts'
import { definitionOf, streamName } from './catalog/table.ts'
import { type BinlogCell, binlogCellOf } from './cell/binlog-cell.ts'
import type { Charsets } from './cell/charset.ts'
import type { ZeroDates } from './cell/date-time.ts'
import type { PendingChanges, PendingSlot } from './pending-changes.ts'
import { TableFeed } from './table-feed.ts'

export interface TableBinderOptions {
  readonly source: string
  readonly database: string
  readonly dialect: Dialect
  readonly charsets: Charsets
  readonly zeros: ZeroDates
  readonly pending: PendingChanges
  /** The captured streams, in the shape that the log has. */
  readonly definitions: readonly StreamDefinition[]
  readonly partitionsOf: (stream: string) => number
  readonly isWanted: (table: string) => boolean
  /** Whether all rows of the table are in the log, or will be. */
  readonly isCaptured: (table: string) => boolean
  /** What the catalog calls a column's type now; asked only for a new column whose bytes do not tell. */
  readonly catalogType: (table: string, column: string) => Promise<string | undefined>
}

export type Binding =
  | { readonly kind: 'passed' }
  | { readonly kind: 'bound'; readonly feed: TableFeed; readonly table: string }
  /** The stream gets a new shape first; `apply` once nothing of the old one is pending. */
  | { readonly kind: 'reshaped'; readonly definition: StreamDefinition; readonly apply: () => TableFeed; readonly table: string }
  | { readonly kind: 'stopped'; readonly table: string; readonly why: string }

interface KnownStream {
  readonly definition: StreamDefinition
  readonly slots: readonly PendingSlot[]
}

const PASSED: Binding = { kind: 'passed' }
const AMBIGUOUS_LENGTHS = new Set([4, 16])

export class TableBinder {
  readonly #options: TableBinderOptions
  readonly #streams = new Map<string, KnownStream>()

  constructor(options: TableBinderOptions) {
    this.#options = options
    for (const definition of options.definitions) this.#know(definition)
  }

  /** Whether a TABLE_MAP is of a table that anybody wants; by its name alone, and so cheap. */
  wants(body: Buffer): boolean {
    const { database, table } = readTableName(body)
    return database === this.#options.database && this.#options.isWanted(table)
  }

  async bind(body: Buffer): Promise<Binding> {
    const { source, dialect, isCaptured } = this.#options
    if (!this.wants(body)) return PASSED
    const map = readTableMap(body, dialect)
    const { table } = map
    if (map.columns === null) throw this.#withoutNames(table)
    if (!isCaptured(table))
      return { kind: 'stopped', table, why: 'it holds rows that came by another way than its changes (it was renamed, perhaps)' }
    const stream = streamName(source, table)
    const known = this.#streams.get(stream)
    const cells = await this.#cells(map, map.columns, known?.definition.schema)
    const told = schemaOf(map, map.columns, cells)
    if (known === undefined) return this.#reshaped({ stream, schema: told, map, cells })
    const why = difference(known.definition.schema, told)
    if (why !== null) return { kind: 'stopped', table, why }
    const schema = widened(known.definition.schema, told)
    if (schema.columns.length > known.definition.schema.columns.length || isRelabelled(known.definition.schema, schema))
      return this.#reshaped({ stream, schema, map, cells })
    return { kind: 'bound', feed: this.#feed(map, cells, known), table }
  }

  /** As the log knows them; undefined before the table's first row. */
  columnsOf(table: string): readonly Column[] | undefined {
    return this.#streams.get(streamName(this.#options.source, table))?.definition.schema.columns
  }

  /** One feed for a stream as the log knows it, to tell that it was emptied; undefined before its first row. */
  slotsOf(table: string): readonly PendingSlot[] | undefined {
    return this.#streams.get(streamName(this.#options.source, table))?.slots
  }

  /** From here on the table's changes go to an open tail, or into view; nothing that is pending of it is kept. */
  redirect(table: string, tail: string | null, definition: StreamDefinition | null): void {
    const known = definition ?? this.#streams.get(streamName(this.#options.source, table))?.definition
    if (known !== undefined) for (const slot of this.#know(known).slots) slot.tail = tail
  }

  /** What follows of the table goes into view by itself. */
  show(table: string): void {
    for (const slot of this.slotsOf(table) ?? []) slot.tail = null
  }

  #reshaped({ stream, schema, map, cells }: { stream: string; schema: Schema; map: TableMap; cells: readonly BinlogCell[] }): Binding {
    const definition = definitionOf({ stream, schema }, this.#options.partitionsOf(stream))
    const apply = (): TableFeed => this.#feed(map, cells, this.#know(definition))
    return { kind: 'reshaped', definition, apply, table: map.table }
  }

  #know(definition: StreamDefinition): KnownStream {
    const { pending } = this.#options
    const old = this.#streams.get(definition.name)
    if (old !== undefined) pending.forget(old.slots)
    const slots = Array.from({ length: definition.partitions }, (_, partition) =>
      pending.slot(definition.name, partition, definition.schema),
    )
    const tail = old?.slots[0]?.tail ?? null
    for (const slot of slots) slot.tail = tail
    const known = { definition, slots }
    this.#streams.set(definition.name, known)
    return known
  }

  #feed({ columns }: TableMap, cells: readonly BinlogCell[], { definition, slots }: KnownStream): TableFeed {
    const { schema } = definition
    const targets = schema.columns.map(({ name }) => columns?.findIndex((column) => column.name === name) ?? -1)
    return new TableFeed({ cells, targets, key: schema.key, slots })
  }

  async #cells({ table }: TableMap, columns: readonly MapColumn[], known: Schema | undefined): Promise<BinlogCell[]> {
    const { source, charsets, zeros, dialect, catalogType } = this.#options
    const cells: BinlogCell[] = []
    for (const column of columns) {
      const old = known?.columns.find(({ name }) => name === column.name)
      const place = { source, table, charsets, zeros, catalogType: old?.sourceType }
      let cell = binlogCellOf(column, place)
      if (
        old === undefined &&
        dialect === 'mariadb' &&
        cell.type.kind === 'bytes' &&
        AMBIGUOUS_LENGTHS.has(column.meta) &&
        column.type === 254
      ) {
        cell = binlogCellOf(column, { ...place, catalogType: await catalogType(table, column.name) })
      }
      cells.push(cell)
    }
    return cells
  }

  #withoutNames(table: string): MillraceError {
    const { source } = this.#options
    const details = {
      source,
      setting: 'binlog_row_metadata',
      found: 'not FULL',
      why: `so the changes of ${table} do not tell the names of its columns`,
    }
    return new MillraceError('SOURCE_MYSQL_SETTING', { details: { ...details, fix: 'SET GLOBAL binlog_row_metadata = FULL;' } })
  }
}

function schemaOf(map: TableMap, columns: readonly MapColumn[], cells: readonly BinlogCell[]): Schema {
  const told = columns.map(({ name, nullable }, at): Column => {
    const { type, sourceType } = cells[at] as BinlogCell
    const mayBeNull = type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamptz'
    return { name, type, nullable: nullable || mayBeNull, sourceType }
  })
  return { columns: told, key: map.key }
}

const LABELLED = /^(?:enum|set)\(/
const FRACTION = /^(?:datetime|timestamp|time)(?:\((\d)\))?$/

/** Why the old shape cannot hold rows of the new one; null where it can. */
function difference(old: Schema, now: Schema): string | null {
  for (const column of old.columns) {
    const next = now.columns.find(({ name }) => name === column.name)
    if (next === undefined) return `the column ${column.name} was removed or renamed`
    if (!sameType(next.type, column.type)) return `the column ${column.name} was ${sqlNameOf(column.type)} and is ${sqlNameOf(next.type)}`
    const [before, after] = [FRACTION.exec(column.sourceType ?? ''), FRACTION.exec(next.sourceType ?? '')]
    if (before !== null && after !== null && Number(after[1] ?? 0) < Number(before[1] ?? 0)) {
      return `the column ${column.name} lost digits of its seconds`
    }
  }
  const keyOf = (schema: Schema): string => schema.key.map((index) => schema.columns[index]?.name).join(', ')
  return keyOf(old) === keyOf(now) ? null : `its primary key was (${keyOf(old)}) and is (${keyOf(now)})`
}

/** The old columns in their order, with the labels of today; then the new ones, which the rows of before do not have. */
function widened(old: Schema, now: Schema): Schema {
  const added = now.columns.filter(({ name }) => !old.columns.some((column) => column.name === name))
  const kept = old.columns.map((column) => {
    const { sourceType = '' } = now.columns.find(({ name }) => name === column.name) ?? column
    return LABELLED.test(sourceType) ? { ...column, sourceType } : column
  })
  return { columns: [...kept, ...added.map((column) => ({ ...column, nullable: true }))], key: old.key }
}

/** Labels that came are kept, so that a later change of the table can be judged by them. */
function isRelabelled(old: Schema, widest: Schema): boolean {
  return old.columns.some(({ sourceType }, at) => sourceType !== widest.columns[at]?.sourceType)
}
