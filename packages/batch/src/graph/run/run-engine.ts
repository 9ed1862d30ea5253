/**
 * The DuckDB of one run: some connections that each compute one model at a time, within one memory limit.
 * Every relation is a view of the files of one version, so that no model sees what another has not finished,
 * and nothing that a user wrote reads or writes outside the graph's own folder.
 */
import { assert } from '@millrace/base'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { quoteIdentifier, quoteLiteral, relationAddress, relationName } from '@millrace/sql/text'
import { AS_WRITTEN, obey, statesOrder } from '../../order/obey.ts'
import { withoutEnd } from '../../without-end.ts'
import type { GraphColumn } from '../check/checked-graph.ts'
import { momentMacros } from '../check/moment.ts'
import type { VersionContent } from '../catalog/version.ts'
import type { EngineRun, Held } from '../engine/graph-engine.ts'
import { namedByFolders } from './partition-path.ts'
import { readColumns, writtenColumns } from './stored-type.ts'

export interface RunEngineOptions {
  /** The graph's folder: versions lie in it, and what is spilled. */
  readonly folder: string
  readonly workers: number
  readonly memoryMb: number
  readonly threads: number
  /** The most that may be spilled to disk before the work is refused. */
  readonly spillMb: number
  /** Files outside of the folder that may be read: seeds. */
  readonly readable: readonly string[]
  /** `as written`: DuckDB looks for no better order of joins. It has that setting for a whole instance only. */
  readonly joins?: 'searched' | 'as written'
  /** `none`: DuckDB reads a file anew each time, so that what it reads can be measured. Default: it keeps what it read. */
  readonly cache?: 'none'
  /** Whether a model to be computed states the order of its joins. */
  readonly statesOrder?: boolean
  /** The time that models are told; by default the clock's. */
  readonly atMs?: number
}

/** How many rows a SELECT may yield; it is not computed much further than that. */
export interface RowsLimit {
  readonly rows: number
  readonly error: () => Error
}

export interface WriteRequest {
  readonly sql: string
  readonly columns: readonly GraphColumn[]
  readonly path: string
  /** Columns to order the file's rows by. */
  readonly order?: readonly string[]
  readonly limit?: RowsLimit | undefined
}

export interface ComputeRequest {
  readonly sql: string
  /** The name of the table, quoted. */
  readonly table: string
  readonly order?: readonly string[]
  readonly limit?: RowsLimit | undefined
}

interface RunEngineParts {
  readonly control: DuckDBConnection
  readonly spilling: DuckDBConnection
  readonly connections: readonly DuckDBConnection[]
  readonly folder: string
  readonly ordered: RunEngine | null
}

export const SPILL_LIMIT_MB = 65_536

/**
 * Readers skip a group of rows whose least and greatest value do not fit. Of two million rows in order, of which
 * 2,000 were asked for: 20,480 read 0.2 MB in 2.2 ms, 40,960 0.35 MB in 1.8 ms, DuckDB's own 122,880 1 MB in 3.7 ms;
 * all of them took longer to read in smaller groups.
 */
const CLUSTERED_GROUP_ROWS = 40_960

export class RunEngine implements EngineRun {
  readonly connections: readonly DuckDBConnection[]
  /**
   * Joins, groups and sorts through files from the start, for what ran out of memory. By itself DuckDB does so only where it thinks that its
   * tables do not fit: of those that just do it leaves no memory to whoever reads the inputs and writes the file.
   */
  readonly spilling: DuckDBConnection
  readonly #instance: DuckDBInstance
  readonly #control: DuckDBConnection
  readonly #folder: string
  readonly #schemas = new Set(['main'])
  /** Another instance, for models that state the order of their joins; null where none does. */
  readonly #ordered: RunEngine | null
  /** What the control connection does, one after another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(instance: DuckDBInstance, parts: RunEngineParts) {
    this.#instance = instance
    this.#ordered = parts.ordered
    this.#control = parts.control
    this.connections = parts.connections
    this.spilling = parts.spilling
    this.#folder = parts.folder
  }

  /** Lets models read a relation under its name. What a view reads must have been shown before it. */
  async show(name: string, content: VersionContent, columns: readonly GraphColumn[]): Promise<void> {
    const { schema } = relationAddress(name)
    if (!this.#schemas.has(schema)) {
      this.#schemas.add(schema)
      await this.#inOrder(() => this.#control.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`))
    }
    const select = selectOf(this.#folder, content, columns)
    await this.#inOrder(() => this.#control.run(`CREATE OR REPLACE VIEW ${relationName(name)} AS ${select}`))
    await this.#ordered?.show(name, content, columns)
  }

  /** Computes a SELECT into one file, and tells how many rows it has. */
  async write(connection: DuckDBConnection, request: WriteRequest): Promise<number> {
    return this.#obeying(connection, request.sql, (sql, own) => this.copy(own, { ...request, sql }))
  }

  /** Computes a SELECT into a table that is there as long as the work lasts. */
  async computed<Result>(
    connection: DuckDBConnection,
    { sql, table, order = [], limit }: ComputeRequest,
    work: (connection: DuckDBConnection) => Promise<Result>,
  ): Promise<Result> {
    return this.#obeying(connection, sql, async (obeyed, own) => {
      const select = `SELECT * FROM (\n${limited(withoutEnd(obeyed), limit)}\n)${orderedBy(order)}`
      const created = await own.runAndReadAll(`CREATE OR REPLACE TEMP TABLE ${table} AS ${select}`)
      try {
        refuseOver(limit, Number(created.getRows()[0]?.[0]))
        return await work(own)
      } finally {
        await own.run(`DROP TABLE ${table}`)
      }
    })
  }

  /** Writes what a SELECT yields, however DuckDB joins it. */
  async copy(connection: DuckDBConnection, { sql, columns, path, order = [], limit }: WriteRequest): Promise<number> {
    const inner = limited(withoutEnd(sql), limit)
    const list = writtenColumns(columns)
    const isAsItIs = list === '*' && order.length === 0
    const select = isAsItIs ? inner : `SELECT ${list} FROM (\n${inner}\n)${orderedBy(order)}`
    const groups = order.length === 0 ? '' : `, ROW_GROUP_SIZE ${CLUSTERED_GROUP_ROWS}`
    const result = await connection.runAndReadAll(`COPY (\n${select}\n) TO ${quoteLiteral(path)} (FORMAT parquet${groups})`)
    return refuseOver(limit, Number(result.getRows()[0]?.[0]))
  }

  /** A SELECT of what a version holds. */
  select(content: VersionContent, columns: readonly GraphColumn[]): string {
    return selectOf(this.#folder, content, columns)
  }

  async #obeying<Result>(
    connection: DuckDBConnection,
    sql: string,
    work: (sql: string, connection: DuckDBConnection) => Promise<Result>,
  ): Promise<Result> {
    const ordered = this.#ordered
    if (ordered === null || !statesOrder(sql)) return work(sql, connection)
    const own = connection === this.spilling ? ordered.spilling : (ordered.connections[0] as DuckDBConnection)
    return ordered.#inOrder(() => work(obey(sql, 'duckdb').sql, own))
  }

  /** The columns that a SELECT has over what is shown now. */
  async describe(connection: DuckDBConnection, sql: string): Promise<GraphColumn[]> {
    const result = await connection.runAndReadAll(`DESCRIBE (\n${withoutEnd(sql)}\n)`)
    return result.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }))
  }

  async held(): Promise<Held> {
    const sql = 'SELECT sum(memory_usage_bytes), sum(temporary_storage_bytes) FROM duckdb_memory()'
    const [row] = (await this.#inOrder(() => this.#control.runAndReadAll(sql))).getRows()
    const other = await this.#ordered?.held()
    return { memory: Number(row?.[0]) + (other?.memory ?? 0), spilled: Number(row?.[1]) + (other?.spilled ?? 0) }
  }

  interrupt(): void {
    this.#ordered?.interrupt()
    for (const connection of [this.spilling, ...this.connections]) connection.interrupt()
  }

  close(): void {
    this.#ordered?.close()
    for (const connection of [this.#control, this.spilling, ...this.connections]) connection.closeSync()
    this.#instance.closeSync()
  }

  async #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}

export async function openRunEngine(options: RunEngineOptions): Promise<RunEngine> {
  const { folder } = options
  const half = { ...options, memoryMb: Math.ceil(options.memoryMb / 2), statesOrder: false }
  const ordered = options.statesOrder === true ? await openRunEngine({ ...half, workers: 1, joins: 'as written' }) : null
  const { memoryMb } = ordered === null ? options : half
  mkdirSync(join(folder, 'versions'), { recursive: true })
  const duckdb = await import('@duckdb/node-api')
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MiB`,
    threads: String(options.threads),
    temp_directory: join(folder, 'spill'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    ...(options.cache === 'none' ? { enable_external_file_cache: 'false' } : {}),
    ...(options.joins === 'as written' ? { disabled_optimizers: AS_WRITTEN } : {}),
  })
  const control = await instance.connect()
  const paths = options.readable.map(quoteLiteral).join(', ')
  const directories = [join(folder, 'versions/'), join(folder, 'spill/')].map(quoteLiteral).join(', ')
  for (const setting of [
    // Not with those above: given when the instance is made, DuckDB shows it and does not obey it.
    `max_temp_directory_size = '${options.spillMb}MiB'`,
    `allowed_paths = [${paths}]`,
    `allowed_directories = [${directories}]`,
    'enable_external_access = false',
    "TimeZone = 'UTC'",
    "Calendar = 'gregorian'",
  ])
    await control.run(`SET GLOBAL ${setting}`)
  for (const macro of options.atMs === undefined ? [] : momentMacros(options.atMs)) await control.run(macro)
  const spilling = await instance.connect()
  await spilling.run('SET SESSION debug_force_external = true')
  await control.run('SET lock_configuration = true')
  const connections: DuckDBConnection[] = []
  for (let worker = 0; worker < options.workers; worker += 1) connections.push(await instance.connect())
  return new RunEngine(instance, { control, spilling, connections, folder, ordered })
}

function selectOf(folder: string, content: VersionContent, columns: readonly GraphColumn[]): string {
  if (content.kind === 'view') return `(\n${withoutEnd(content.sql)}\n)`
  assert(content.kind === 'files', 'what lies on a server is carried into a file before it is read here')
  const sets = Map.groupBy(content.files, (file) => (folder.includes('=') ? '' : namedByFolders(file).join('/')))
  const selects = [...sets].map(([, files]) => {
    const paths = files.map((file) => quoteLiteral(join(folder, file))).join(', ')
    const named = sets.has('') && sets.size === 1 ? [] : namedByFolders(files[0] as string)
    return `SELECT ${readColumns(columns, sets.size > 1 || named.length > 0)} FROM read_parquet([${paths}], ${hiveOptions(named, columns)})`
  })
  return selects.join(' UNION ALL ')
}

/** Without them DuckDB would take any folder above the project whose name has an equals sign for a column. */
function hiveOptions(named: readonly string[], columns: readonly GraphColumn[]): string {
  if (named.length === 0) return 'hive_partitioning = false'
  const typeOf = (name: string): string => columns.find((column) => column.name === name)?.type ?? 'VARCHAR'
  return `hive_partitioning = true, hive_types = {${named.map((name) => `${quoteIdentifier(name)}: ${typeOf(name)}`).join(', ')}}`
}

function orderedBy(columns: readonly string[]): string {
  return columns.length === 0 ? '' : ` ORDER BY ${columns.join(', ')}`
}

/** One row more than may be: then there are too many. */
function limited(select: string, limit: RowsLimit | undefined): string {
  return limit === undefined ? select : `SELECT * FROM (\n${select}\n) LIMIT ${limit.rows + 1}`
}

function refuseOver(limit: RowsLimit | undefined, rows: number): number {
  if (limit !== undefined && rows > limit.rows) throw limit.error()
  return rows
}
