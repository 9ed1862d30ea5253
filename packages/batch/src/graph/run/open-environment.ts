/** What an environment shows, to be read with SQL: each relation is a view of the files of one version. */
import { MillraceError } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { GraphCatalog } from '../catalog/catalog.ts'
import type { Version } from '../catalog/version.ts'
import { mentionsOf } from '../check/mentions.ts'
import { openRunEngine, type RunEngine, SPILL_LIMIT_MB } from './run-engine.ts'

export interface EnvironmentRequest {
  readonly catalog: GraphCatalog
  readonly folder: string
  readonly environment: string
  /** Only what this SQL mentions is made readable. Default: everything. */
  readonly sql?: string
  readonly memoryMb?: number
  /** Default: DuckDB looks for the best order. */
  readonly joins?: 'searched' | 'as written'
  readonly cache?: 'none'
}

export interface OpenEnvironment {
  readonly connection: DuckDBConnection
  readonly engine: RunEngine
  close(): void
}

/** Raises ENVIRONMENT_UNKNOWN. The caller closes it. */
export async function openEnvironment({
  catalog,
  folder,
  environment,
  sql,
  memoryMb = 256,
  joins = 'searched',
  cache,
}: EnvironmentRequest): Promise<OpenEnvironment> {
  if (catalog.current(environment) === null) throw new MillraceError('ENVIRONMENT_UNKNOWN', { details: { environment } })
  const published = catalog.published(environment)
  const engine = await openRunEngine({
    folder,
    workers: 1,
    memoryMb,
    threads: 2,
    spillMb: SPILL_LIMIT_MB,
    readable: [],
    joins,
    ...(cache === undefined ? {} : { cache }),
  })
  try {
    const wanted = sql === undefined ? published.keys() : mentionsOf(sql, (name) => published.has(name))
    const shown = new Set<string>()
    const show = async (name: string): Promise<void> => {
      const version: Version | undefined = published.get(name)
      if (version === undefined || shown.has(name)) return
      shown.add(name)
      if (version.content.kind === 'view') for (const input of version.content.inputs) await show(input)
      if (version.content.kind !== 'server') return engine.show(name, version.content, version.columns)
      const file = catalog.carried(name, version.key)
      if (file !== null) return engine.show(name, { kind: 'files', files: [file] }, version.columns)
      // Of everything, what lies elsewhere is left out; what is asked for by name is not.
      if (sql !== undefined) throw new MillraceError('ENGINE_ROWS_ELSEWHERE', { details: { model: name, engine: version.content.engine } })
    }
    for (const name of wanted) await show(name)
    return { connection: engine.connections[0] as DuckDBConnection, engine, close: () => engine.close() }
  } catch (error) {
    engine.close()
    throw error
  }
}
