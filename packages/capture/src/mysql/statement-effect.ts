/** What a statement does to the tables of our database; null where it is nothing to us. */
import type { Column } from '@millrace/core'
import type { AlterStatement } from './binlog/alter-statement.ts'
import type { Statement } from './binlog/statement.ts'
import type { TableName } from './binlog/tokens.ts'
import type { CascadingReference } from './binlog/references.ts'
import { type Cascade, cascadeOf } from './catalog/read-cascades.ts'
import { whyRewritten } from './column-rewrite.ts'

export type Effect =
  /** Rows were changed and only the statement was logged. */
  { readonly kind: 'unseen' } | TablesEffect

export interface TablesEffect {
  readonly kind: 'tables'
  /** Their rows went. */
  readonly empty: readonly string[]
  /** They went with their rows. */
  readonly drop: readonly string[]
  /** They begin without rows. */
  readonly create: readonly string[]
  readonly stop: readonly Stop[]
  /** Tables whose rows change with those of others, from now on. */
  readonly cascade: readonly Cascade[]
  /** Names with their databases: what referred to the first refers to the second. */
  readonly rename: readonly { readonly from: string; readonly to: string }[]
}

interface Stop {
  readonly table: string
  readonly why: string
  /** It came with rows, so that it stops even where it was not captured before. */
  readonly isArrival: boolean
}

/** Stands for every captured table. */
export const ALL_TABLES = '*'

export interface StatementPlace {
  readonly sql: string
  /** The default database of the statement. */
  readonly database: string
  /** A value that does not fit was refused rather than changed. */
  readonly isStrict: boolean
  readonly ours: string
  /** A TIMESTAMP that does not say whether it may be NULL is not, and rows that are there get a time. */
  readonly isTimestampFilled: boolean
  /** The name as the server keeps it, which a statement may write otherwise. */
  readonly caseOf: (name: string) => string
  readonly isWanted: (table: string) => boolean
  /** The columns of the table's stream; undefined where no row of it ever came. */
  readonly columnsOf: (table: string) => readonly Column[] | undefined
}

export function effectOf(statement: Statement, place: StatementPlace): Effect | null {
  const { sql, database, ours, caseOf } = place
  switch (statement.kind) {
    case 'rows':
      return caseOf(database) === ours || caseOf(sql).includes(ours) ? { kind: 'unseen' } : null
    case 'truncate':
      return effect({ empty: oursOf(statement.tables, place) })
    case 'drop':
      return effect({ drop: oursOf(statement.tables, place) })
    case 'drop-database':
      return caseOf(statement.database) === ours ? effect({ drop: [ALL_TABLES] }) : null
    case 'create': {
      const created = oursOf([statement.table], place)
      const cascade = cascadesOf(created, statement.references, place)
      return effect({ create: created, drop: statement.isReplacing ? created : [], cascade })
    }
    case 'rename': {
      const rename = statement.pairs.map(({ from, to }) => ({ from: wholeName(from, place), to: wholeName(to, place) }))
      return effect({ stop: statement.pairs.flatMap(({ from, to }) => renamed(from, to, place)), rename })
    }
    case 'alter': {
      const { table, to, references } = statement
      const rename = to === null ? [] : [{ from: wholeName(table, place), to: wholeName(to, place) }]
      return effect({ stop: altered(statement, place), cascade: cascadesOf(oursOf([table], place), references, place), rename })
    }
    default:
      return null
  }
}

function effect(parts: Partial<Omit<TablesEffect, 'kind'>>): Effect | null {
  if (Object.values(parts).every((list) => list.length === 0)) return null
  return { kind: 'tables', empty: [], drop: [], create: [], stop: [], cascade: [], rename: [], ...parts }
}

function wholeName({ database, table }: TableName, place: StatementPlace): string {
  return `${place.caseOf(database ?? place.database)}.${place.caseOf(table)}`
}

function cascadesOf(children: readonly string[], references: readonly CascadingReference[], place: StatementPlace): Cascade[] {
  const nameOf = (name: string | null): string => place.caseOf(name ?? place.database)
  return children.flatMap((child) => references.map((reference) => cascadeOf(child, reference, nameOf)))
}

function oursOf(names: readonly TableName[], { database, ours, caseOf, isWanted }: StatementPlace): string[] {
  return names
    .filter((name) => caseOf(name.database ?? database) === ours)
    .map(({ table }) => caseOf(table))
    .filter(isWanted)
}

function renamed(from: TableName, to: TableName, place: StatementPlace): Stop[] {
  return [
    ...oursOf([from], place).map((table) => ({ table, why: `it was renamed to ${to.table}`, isArrival: false })),
    ...oursOf([to], place).map((table) => ({ table, why: `${from.table} was renamed to it, with rows of its own`, isArrival: true })),
  ]
}

function altered(statement: AlterStatement, place: StatementPlace): Stop[] {
  const { table, to, others } = statement
  const stops = oursOf([table], place).flatMap((name): Stop[] => {
    const why = whyAltered(statement, place, name)
    return why === null ? [] : [{ table: name, why, isArrival: false }]
  })
  const moved = oursOf(others, place).map((name) => ({
    table: name,
    why: `it shares rows with a partition of ${table.table}`,
    isArrival: true,
  }))
  return [...stops, ...(to === null ? [] : renamed(table, to, place)), ...moved]
}

/** A table that never had a row has none that could change. */
function whyAltered(statement: AlterStatement, { isStrict, isTimestampFilled, columnsOf }: StatementPlace, table: string): string | null {
  const { why, columns, isConverting, isTimestampBare, others } = statement
  const known = columnsOf(table)
  if (known === undefined) return others.length > 0 ? why : null
  if (why !== null) return why
  if (!isStrict && (columns.length > 0 || isConverting)) return 'values that did not fit were changed, perhaps (sql_mode was not strict)'
  if (isTimestampBare && isTimestampFilled) return 'a TIMESTAMP may not be NULL, so the rows that are there have a time in it now'
  for (const definition of columns) {
    const reason = whyRewritten(
      definition,
      known.find(({ name }) => name.toLowerCase() === definition.column.toLowerCase()),
    )
    if (reason !== null) return reason
  }
  return null
}
