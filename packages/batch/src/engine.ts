/**
 * A DuckDB of its own for one piece of work: in memory up to a limit, then in files of a folder that goes
 * with it (law 8). Every session speaks UTC, so that an answer does not depend on the machine.
 */
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteLiteral } from '@millrace/sql/text'

export const MEMORY_LIMIT_MB = 128
const THREADS = 2
/** The most that work may spill to disk before it is refused. */
const SPILL_LIMIT_GB = 64

export interface Engine {
  readonly connection: DuckDBConnection
  /** Ends the database and removes what it spilled. */
  close(): Promise<void>
}

export interface EngineOptions {
  /** Default 128. */
  readonly memoryLimitMb?: number
  /** Ends the work: what runs fails, and `close` must still be called. */
  readonly signal?: AbortSignal
}

/** A statement that starts after an interruption would run to its end, so it is interrupted again. */
const INTERRUPT_EVERY_MS = 20

export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  options.signal?.throwIfAborted()
  const { DuckDBInstance } = await import('@duckdb/node-api')
  // DuckDB makes the folder when it first spills.
  const folder = join(tmpdir(), `millrace-batch-${process.pid}-${randomUUID()}`)
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryLimitMb ?? MEMORY_LIMIT_MB}MiB`,
    threads: String(THREADS),
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  // Not with those above: given when the instance is made, DuckDB shows it and does not obey it.
  await connection.run(`SET max_temp_directory_size = '${SPILL_LIMIT_GB}GiB'`)
  await connection.run("SET TimeZone = 'UTC'")
  const release = interruptOn(options.signal, connection)
  return {
    connection,
    close: async () => {
      release()
      connection.closeSync()
      instance.closeSync()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** From here on the session reads nothing but its own tables, and writes at most one file: SQL that a user wrote cannot reach a file. */
export async function lockEngine(connection: DuckDBConnection, writable?: string): Promise<void> {
  if (writable !== undefined) await connection.run(`SET allowed_paths = [${quoteLiteral(writable)}]`)
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
}

function interruptOn(signal: AbortSignal | undefined, connection: DuckDBConnection): () => void {
  let timer: NodeJS.Timeout | undefined
  const interrupt = (): void => {
    connection.interrupt()
    timer ??= setInterval(interrupt, INTERRUPT_EVERY_MS)
  }
  signal?.addEventListener('abort', interrupt)
  return () => {
    signal?.removeEventListener('abort', interrupt)
    clearInterval(timer)
  }
}
