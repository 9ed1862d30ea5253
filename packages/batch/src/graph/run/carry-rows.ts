/** The rows of a version on a server as a file that DuckDB reads. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteIdentifier } from '@millrace/sql/text'
import { assert, type Clock } from '@millrace/base'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { GraphCatalog } from '../catalog/catalog.ts'
import type { VersionContent, VersionDraft } from '../catalog/version.ts'
import { type GraphColumn, hashOf } from '../check/checked-graph.ts'
import type { RunEngine } from './run-engine.ts'
import type { ServerRuns } from './server-runs.ts'
import { syncFile } from './sync-file.ts'

export interface CarriedRequest extends Pick<CarryRequest, 'engine' | 'connection'> {
  readonly version: VersionDraft
  readonly catalog: GraphCatalog
  readonly servers: ServerRuns
  readonly clock: Clock
  readonly folder: string
  readonly run: number
}

/** The file of a version's rows, which is made where there is none. */
export async function carriedContent({ version, catalog, servers, clock, folder, run, ...own }: CarriedRequest): Promise<VersionContent> {
  const { model, key, columns, content } = version
  assert(content.kind === 'server', 'only models of a server are read here')
  const known = catalog.carried(model, key)
  if (known !== null) return { kind: 'files', files: [known] }
  const file = `versions/${model}/${run}-carried-${hashOf(key).slice(0, 12)}.parquet`
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  const rows = await carryRows({ ...own, rows: servers.of(content.engine).rows(version, columns), columns, path })
  catalog.addCarried({ model, key, file, rows, bytes: await syncFile(path) }, clock.nowMs())
  return { kind: 'files', files: [file] }
}

interface CarryRequest {
  readonly engine: RunEngine
  readonly connection: DuckDBConnection
  /** Texts, each of which cast to its column's type is the value. */
  readonly rows: AsyncIterable<readonly (readonly (string | null)[])[]>
  readonly columns: readonly GraphColumn[]
  readonly path: string
}

const CHUNK_ROWS = 2048

/** Writes the file, and tells how many rows it has. */
async function carryRows({ engine, connection, rows, columns, path }: CarryRequest): Promise<number> {
  const { DuckDBDataChunk, VARCHAR } = await import('@duckdb/node-api')
  const names = columns.map((_, at) => `c${at}`)
  await connection.run(`CREATE OR REPLACE TEMP TABLE millrace_carried (${names.map((name) => `${name} VARCHAR`).join(', ')})`)
  try {
    const appender = await connection.createAppender('millrace_carried')
    const types = columns.map(() => VARCHAR)
    for await (const part of rows)
      for (let start = 0; start < part.length; start += CHUNK_ROWS) {
        const chunk = DuckDBDataChunk.create(types)
        chunk.setRows(part.slice(start, start + CHUNK_ROWS).map((row) => [...row]))
        appender.appendDataChunk(chunk)
      }
    appender.closeSync()
    const list = columns.map((column, at) => `${valueOf(names[at] as string, column.type)} AS ${quoteIdentifier(column.name)}`)
    return await engine.copy(connection, { sql: `SELECT ${list.join(', ')} FROM millrace_carried`, columns, path })
  } finally {
    await connection.run('DROP TABLE millrace_carried')
  }
}

function valueOf(text: string, type: string): string {
  return type === 'BLOB' ? `unhex(${text})` : `CAST(${text} AS ${type})`
}
