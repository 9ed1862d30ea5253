/** One connection of the engine: it speaks as those of capture do (UTC, ISO dates, exact floats), and is asked one thing at a time. */
import { connectPostgres, type PostgresConnection, postgresError, type SourceTarget } from '@millrace/capture'
import type { MillraceError } from '@millrace/base'
import type pg from 'pg'

export type Cell = string | null

export class Session {
  readonly #connection: PostgresConnection

  #isLost = false

  private constructor(connection: PostgresConnection) {
    this.#connection = connection
    connection.lost.catch(() => (this.#isLost = true))
  }

  /** Nothing more can be asked of it. */
  get isLost(): boolean {
    return this.#isLost
  }

  static async open(target: SourceTarget): Promise<Session> {
    const session = new Session(await connectPostgres(target, 'engine'))
    // Where the server knows it (14 and later): what a killed process left to be computed ends soon.
    await session.run("SET client_connection_check_interval = '5s'").catch(() => undefined)
    return session
  }

  /** Raises what Postgres says, with its code and position. */
  async run(sql: string): Promise<number> {
    const result = await this.#connection.client.query(sql)
    return result.rowCount ?? 0
  }

  /** A text that a user wrote: the server itself refuses a second statement in it. */
  async runOne(sql: string): Promise<number> {
    const config = { text: sql, queryMode: 'extended' } satisfies pg.QueryConfig & { queryMode: string }
    const result = await this.#connection.client.query(config)
    return result.rowCount ?? 0
  }

  async objects<Row extends Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.#connection.client.query(sql, [...parameters])
    return result.rows as Row[]
  }

  /** Every value as the text that Postgres prints. */
  async cells(sql: string): Promise<Cell[][]> {
    const result = await this.#connection.client.query({ text: sql, rowMode: 'array', types: AS_TEXT })
    return result.rows as Cell[][]
  }

  /** The server's number of the process that answers. */
  async process(): Promise<number> {
    const [row] = await this.objects<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    return row?.pid as number
  }

  /** What the transaction of this work did is gone if it fails. */
  async transaction<Result>(begin: string, work: () => Promise<Result>): Promise<Result> {
    await this.run(begin)
    try {
      const result = await work()
      await this.run('COMMIT')
      return result
    } catch (error) {
      await this.run('ROLLBACK').catch(() => undefined)
      throw error
    }
  }

  /** What ends the work as a whole: the connection, or a right that is missing. */
  failure(error: unknown): MillraceError {
    return postgresError(error, this.#connection.address, 'connected')
  }

  close(): void {
    this.#connection.close()
  }
}

const AS_TEXT = { getTypeParser: () => (text: string) => text }
