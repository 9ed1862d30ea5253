import { assert } from '@millrace/base'
import { copyRows } from '../copy-rows.ts'
import type { ImportedColumn } from '../imported-tree.ts'
import type { LegacyDatabase } from '../legacy-database.ts'
import { openPostgres } from '../read-postgres.ts'
import type { OutputColumn } from '../translate/scope.ts'
import { type PostgresTree, translateTree } from '../translate-tree.ts'
import { duckdbType, OID } from './type.ts'

/** From so many digits on, a quotient that nothing rounds has more here than Postgres keeps. */
const QUOTIENT_DIGITS = 15

export async function openLegacyPostgres(url: string): Promise<LegacyDatabase> {
  const database = await openPostgres(url)
  let tree: PostgresTree = { models: [], tables: [] }
  return {
    kind: 'postgres',
    database: database.database,
    translate: (request) => {
      tree = translateTree({ catalog: database.catalog, ...request })
      return {
        models: tree.models.map((model) => ({ ...model, columns: typed(model.columns, model.legacy.columns) })),
        tables: tree.tables.map((table) => ({ ...table, columns: typed(table.columns, table.legacy.columns) })),
      }
    },
    copy: async ({ name, connection, into }) => {
      const found = [...tree.tables, ...tree.models].find((each) => each.name === name)
      assert(found !== undefined, 'what is copied is of the tree')
      const { legacy } = found
      const columns = found.columns.filter((column) => column !== null)
      // A table's columns have its own names; a view's may have been made unlike each other.
      const legacyNames = (legacy.kind === 'table' ? columns : legacy.columns.filter((column) => column !== null)).map(
        (column) => column.name,
      )
      const from = [legacy.schema, legacy.name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.')
      return copyRows({ database, connection, from, legacyNames, columns, into })
    },
    sourceTexts: ({ tables }, source) => {
      const names = tables.map(({ legacy }) => `'${legacy.schema}.${legacy.name}'`)
      return [
        `// The tables that the views read, as streams: ${tables[0]?.name ?? `${source}.…`}
${source}: postgres({
  url: env('${source.toUpperCase()}_URL'),
  tables: [${names.join(', ')}],
}),`,
      ]
    },
    close: async () => database.close(),
  }
}

/** The types are those that Postgres declares. */
function typed(columns: readonly (OutputColumn | null)[], declared: readonly ({ readonly type: number } | null)[]): ImportedColumn[] {
  const types = declared.filter((column) => column !== null)
  return columns
    .filter((column) => column !== null)
    .map(({ name, type, scale, isLoose }, at) => ({
      name,
      type: duckdbType(types[at]?.type ?? type, scale) ?? 'VARCHAR',
      isLoose: isLoose && type === OID.numeric && scale >= QUOTIENT_DIGITS,
    }))
}
