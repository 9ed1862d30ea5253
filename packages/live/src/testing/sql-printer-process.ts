/** Answers each message, the text of a tree, with the SQL that it means, or null. In a process of its own: a tree without sense can be DuckDB's end. */
import { DuckDBInstance } from '@duckdb/node-api'

const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()

process.on('message', (tree: string) => {
  void print(tree).then((text) => process.send?.(text))
})

async function print(tree: string): Promise<string | null> {
  try {
    const result = await connection.runAndReadAll(`SELECT json_deserialize_sql('${tree.replaceAll("'", "''")}')`)
    return String(result.getRows()[0]?.[0])
  } catch {
    return null
  }
}
