import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Value } from '@millrace/core'
import { createTableStatement, readDuckdbValue } from '@millrace/sql'
import { Checksum } from './checksum.ts'
import { KINDS, TABLES } from './tables.ts'

/** DuckDB over the whole file: what every query must have come to at its end. */
export class DuckdbAnswer {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  static async open(file: string): Promise<DuckdbAnswer> {
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect()
    await connection.run('CREATE SCHEMA nexmark')
    await connection.run(
      `CREATE TEMP TABLE lines AS SELECT string_split(line, ',') AS cells
       FROM read_csv('${file}', auto_detect = false, header = false, delim = '|', quote = '', escape = '', columns = {'line': 'VARCHAR'})`,
    )
    for (const kind of KINDS) {
      const { name, schema } = TABLES[kind]
      await connection.run(createTableStatement({ name, schema }))
      const cells = schema.columns.map(({ type }, at) => {
        const cell = `cells[${at + 2}]`
        if (type.kind === 'text') return cell
        return type.kind === 'timestamp' ? `make_timestamp(${cell}::BIGINT)` : `${cell}::BIGINT`
      })
      await connection.run(`INSERT INTO nexmark.${kind} SELECT ${cells.join(', ')} FROM lines WHERE cells[1] = '${kind}'`)
    }
    await connection.run('DROP TABLE lines')
    return new DuckdbAnswer(connection)
  }

  async of(sql: string): Promise<Checksum> {
    const checksum = new Checksum()
    const result = await this.#connection.stream(sql)
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      for (const row of chunk.getRows()) {
        checksum.add(
          row.map((value) => readDuckdbValue(value) as Value),
          1,
        )
      }
    }
    return checksum
  }

  close(): void {
    this.#connection.closeSync()
  }
}
