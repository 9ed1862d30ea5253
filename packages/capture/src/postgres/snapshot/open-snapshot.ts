import { MillraceError } from '@millrace/base'
import type { Connection } from '../connect.ts'

/** A session that sees exactly what the slot's snapshot does; yields the server's time, in microseconds since 1970. */
export async function openSnapshot(connection: Connection, snapshot: string): Promise<number> {
  try {
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await connection.query(`SET TRANSACTION SNAPSHOT '${snapshot}'`)
  } catch (error) {
    const { source } = connection.address
    throw new MillraceError('CAPTURE_CONNECTION_LOST', { cause: error, details: { source, what: 'the snapshot is no longer there' } })
  }
  const [row] = await connection.query<{ micros: number }>('select (extract(epoch from now()) * 1000000)::int8::float8 as micros')
  return row?.micros ?? 0
}
