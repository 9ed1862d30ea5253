/** What a statement does to the tables of our database; null where it is nothing to us. */
import type { Statement, TableName } from './binlog/statement.ts'

export type Effect =
  /** Rows were changed and only the statement was logged. */
  | { readonly kind: 'unseen' }
  | {
      readonly kind: 'tables'
      /** Their rows went. */
      readonly empty: readonly string[]
      /** They begin without rows. */
      readonly create: readonly string[]
      readonly stop: readonly { readonly table: string; readonly why: string }[]
    }

/** Stands for every captured table. */
export const ALL_TABLES = '*'

export interface StatementPlace {
  readonly sql: string
  /** The default database of the statement. */
  readonly database: string
  readonly ours: string
  readonly isWanted: (table: string) => boolean
}

export function effectOf(statement: Statement, place: StatementPlace): Effect | null {
  const { sql, database, ours, isWanted } = place
  const isOurs = (name: TableName): boolean => (name.database ?? database) === ours && isWanted(name.table)
  const tables = (names: readonly TableName[]): string[] => names.filter(isOurs).map(({ table }) => table)
  const effect = (parts: { empty?: string[]; create?: string[]; stop?: { table: string; why: string }[] }): Effect | null => {
    const { empty = [], create = [], stop = [] } = parts
    return empty.length + create.length + stop.length === 0 ? null : { kind: 'tables', empty, create, stop }
  }
  switch (statement.kind) {
    case 'rows':
      return database === ours || sql.includes(ours) ? { kind: 'unseen' } : null
    case 'truncate':
    case 'drop':
      return effect({ empty: tables(statement.tables) })
    case 'drop-database':
      return statement.database === ours ? effect({ empty: [ALL_TABLES] }) : null
    case 'create': {
      const created = tables([statement.table])
      return effect({ create: created, empty: statement.isReplacing ? created : [] })
    }
    case 'rename':
      return effect({
        stop: statement.pairs.flatMap(({ from, to }) => [
          ...tables([from]).map((table) => ({ table, why: `it was renamed to ${to.table}` })),
          ...tables([to]).map((table) => ({ table, why: `${from.table} was renamed to it, with rows of its own` })),
        ]),
      })
    case 'alter': {
      const { table, why, to } = statement
      const reason = to === null ? why : `it was renamed to ${to.table}`
      return effect({
        stop: [
          ...(reason === null ? [] : tables([table]).map((name) => ({ table: name, why: reason }))),
          ...(to === null
            ? []
            : tables([to]).map((name) => ({ table: name, why: `${table.table} was renamed to it, with rows of its own` }))),
        ],
      })
    }
    default:
      return null
  }
}
