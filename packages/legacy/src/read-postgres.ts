/** A connection that reads a whole database at one moment, and leaves nothing behind. */
import { MillraceError } from '@millrace/base'
import { postgresError } from '@millrace/capture'
import pg from 'pg'
import { type Catalog, readCatalog } from './postgres/read-catalog.ts'

export interface PostgresDatabase {
  readonly catalog: Catalog
  /** The database's name, as the url has it. */
  readonly database: string
  /** Reads rows of the same moment as the catalog; every value as the text that Postgres prints. */
  rows(sql: string): Promise<readonly (readonly (string | null)[])[]>
  close(): Promise<void>
}

const CONNECT_MS_MAX = 10_000
/** Values as Postgres prints them. */
const AS_TEXT = { getTypeParser: () => (text: string) => text }

export async function openPostgres(url: string): Promise<PostgresDatabase> {
  const parsed = URL.parse(url)
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    const problem = parsed === null ? 'it cannot be read as a url' : `it begins with ${parsed.protocol}`
    throw new MillraceError('SOURCE_URL_INVALID', { details: { source: 'to import', problem } })
  }
  const user = decodeURIComponent(parsed.username) || 'postgres'
  const database = decodeURIComponent(parsed.pathname.slice(1)) || user
  const address = { source: 'to import', host: `${parsed.hostname}:${parsed.port || '5432'}`, user, database }
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS_MAX, application_name: 'millrace import' })
  client.on('error', () => undefined)
  const guarded = async <T>(phase: 'connecting' | 'connected', work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw postgresError(error, address, phase)
    }
  }
  await guarded('connecting', async () => client.connect())
  try {
    return await guarded('connected', async () => {
      // Functions are bound in this transaction's temporary schema, so it cannot be read-only; it is never committed.
      await client.query('begin isolation level repeatable read')
      const catalog = await readCatalog(client, async (sql) => (await client.query<Record<string, unknown>>(sql)).rows)
      return {
        catalog,
        database,
        rows: async (sql) =>
          guarded(
            'connected',
            async () =>
              (
                await client.query<(string | null)[]>({
                  text: sql,
                  rowMode: 'array',
                  types: AS_TEXT,
                })
              ).rows,
          ),
        close: async () => client.end(),
      }
    })
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}
