/**
 * A session that sees all tables as they were at one place of the binlog.
 *
 * MariaDB tells the place of a consistent snapshot by itself, without any lock. MySQL does not, so writes
 * are held for the moment between the snapshot's beginning and the reading of the place. Tables whose
 * engine keeps no versions (MyISAM, Aria) are held still until they are read, and are read first.
 */
import { MillraceError } from '@millrace/base'
import type { Table } from '../catalog/table.ts'
import { readFacts, readLogStatus, type ServerFacts } from '../check-source.ts'
import { connect, type Connection, quoteName, quoteText, type SourceTarget } from '../connect.ts'

const LOCK_WAIT_S = 10

export interface OpenSnapshot {
  readonly connection: Connection
  readonly gtid: string
  readonly file: string
  readonly position: number
  readonly timeMicros: number
  /** Lets go of the tables that are held still. */
  release(): void
}

export async function openSnapshot(target: SourceTarget, facts: ServerFacts, tables: readonly Table[]): Promise<OpenSnapshot> {
  const unversioned = tables.filter(({ isUnversioned }) => isUnversioned)
  const locks = unversioned.length > 0 ? await connect(target) : null
  const connection = await connect(target).catch((error: unknown) => {
    locks?.close()
    throw error
  })
  try {
    await locks?.query(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_S}`)
    await locks?.query(`LOCK TABLES ${unversioned.map(({ name }) => `${quoteName(name)} READ`).join(', ')}`)
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
    const place = facts.dialect === 'mariadb' ? await beginMariadb(connection) : await beginMysql(target, connection)
    const [now] = await connection.query<{ micros: string | number }>('SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS UNSIGNED) AS micros')
    return { connection, ...place, timeMicros: Number(now?.micros ?? 0), release: () => locks?.close() }
  } catch (error) {
    locks?.close()
    connection.close()
    throw error
  }
}

type Place = Pick<OpenSnapshot, 'gtid' | 'file' | 'position'>

async function beginMariadb(connection: Connection): Promise<Place> {
  await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')
  const rows = await connection.query<{ Variable_name: string; Value: string }>("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'")
  const status = new Map(rows.map(({ Variable_name, Value }) => [Variable_name.toLowerCase(), Value]))
  const file = status.get('binlog_snapshot_file') ?? ''
  const position = Number(status.get('binlog_snapshot_position') ?? 0)
  const [row] = await connection.query<{ gtid: string | null }>(`SELECT BINLOG_GTID_POS(${quoteText(file)}, ${position}) AS gtid`)
  if (row?.gtid === null || row?.gtid === undefined) {
    const { source } = connection.address
    throw new MillraceError('SOURCE_FAILED', { details: { source, sqlstate: 'HY000', what: `the place ${file}:${position} has no GTID` } })
  }
  return { gtid: row.gtid, file, position }
}

async function beginMysql(target: SourceTarget, connection: Connection): Promise<Place> {
  const lock = await connect(target)
  try {
    await lock.query(`SET SESSION lock_wait_timeout = ${LOCK_WAIT_S}`)
    await lock.query('FLUSH TABLES WITH READ LOCK')
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')
    const facts = await readFacts(lock)
    const { file, position } = await readLogStatus(lock, facts)
    return { gtid: (facts.variables.get('gtid_executed') ?? '').replaceAll(/\s/g, ''), file, position }
  } finally {
    lock.close()
  }
}
