/** A database of MySQL or MariaDB, read under one consistent view. */
import { assert } from '@millrace/base'
import { connectMysql, type MysqlConnection } from '@millrace/capture'
import type { ImportedTree } from '../imported-tree.ts'
import type { LegacyDatabase } from '../legacy-database.ts'
import { relationKey } from './catalog/catalog.ts'
import { readCatalog } from './catalog/read-catalog.ts'
import { copyMysqlRows } from './copy-rows.ts'
import { translateMysqlTree } from './translate-tree.ts'

export async function openLegacyMysql(url: string): Promise<LegacyDatabase> {
  const connection = await connectMysql({ name: 'to import', config: { kind: 'mysql', url } })
  try {
    await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    const views = await viewTexts(connection)
    // Rows are looked at only of tables that a view may read.
    const catalog = await readCatalog(connection, ({ name }) => views.includes(`\`${name.replaceAll('`', '``')}\``))
    const { database } = connection.address
    let tree: ImportedTree = { models: [], tables: [] }
    return {
      kind: 'mysql',
      database,
      translate: (request) => (tree = translateMysqlTree({ catalog, database, ...request })),
      copy: async ({ name, connection: target, into }) => {
        const found = [...tree.tables, ...tree.models].find((each) => each.name === name)
        assert(found !== undefined, 'what is copied is of the tree')
        const relation = catalog.relations.get(relationKey(found.legacy.schema, found.legacy.name))
        assert(relation !== undefined, 'what was translated is of the catalog')
        return copyMysqlRows({ connection, relation, target, into })
      },
      sourceTexts: (given, source) => sourceTexts(given, { source, database }),
      close: async () => {
        await Promise.resolve(connection.close())
      },
    }
  } catch (error) {
    connection.close()
    throw error
  }
}

async function viewTexts(connection: MysqlConnection): Promise<string> {
  const rows = await connection.query<{ text: string }>('SELECT VIEW_DEFINITION AS text FROM information_schema.VIEWS')
  return rows.map(({ text }) => text).join('\n')
}

/** A source follows one database, so each that the views read has its own. */
function sourceTexts({ tables }: ImportedTree, { source, database }: { readonly source: string; readonly database: string }): string[] {
  const bySchema = Map.groupBy(tables, ({ legacy }) => legacy.schema)
  return [...bySchema].map(([schema, own]) => {
    const [first] = own
    const named = schema === database ? source : (first?.name.split('.')[0] ?? schema)
    const names = own.map(({ legacy }) => `'${legacy.name}'`)
    return `// The tables of ${schema} that the views read, as streams: ${first?.name ?? ''}
${named}: mysql({
  url: env('${named.toUpperCase()}_URL'),
  tables: [${names.join(', ')}],
}),`
  })
}
