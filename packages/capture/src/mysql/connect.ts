/** Opens connections to the source: `mysql2` does the handshake, the password and TLS. */
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { MillraceError } from '@millrace/base'
import type { MysqlSource } from '@millrace/core'
import { resolveSecret } from '@millrace/guard'
import mysql from 'mysql2/promise'
import { sourceError } from './source-error.ts'

export type Query = <Row extends Record<string, unknown>>(sql: string) => Promise<Row[]>

export interface SourceTarget {
  readonly name: string
  readonly config: MysqlSource
}

/** Where a connection leads, without the password: safe in errors and evidence. */
export interface SourceAddress {
  readonly source: string
  readonly host: string
  readonly user: string
  readonly database: string
}

export interface Connection {
  readonly client: mysql.Connection
  readonly address: SourceAddress
  readonly query: Query
  close(): void
}

const CONNECT_MS_MAX = 10_000
const KEEP_ALIVE_MS = 10_000
const DEFAULT_PORT = 3306
/** So long may a reader that waits for the log leave the server waiting. */
const WRITE_TIMEOUT_S = 3600

/**
 * Whatever a value looks like must depend on the value alone. `sql_mode` is emptied so that neither
 * padding nor quoting depends on the server's setting.
 */
const SETTINGS = `SET SESSION time_zone = '+00:00', sql_mode = '', net_write_timeout = ${WRITE_TIMEOUT_S}, group_concat_max_len = 1048576`

export async function connect(target: SourceTarget): Promise<Connection> {
  const { name, config } = target
  const url = await sourceUrl(target)
  const address = addressOf(name, url)
  const password = config.password === undefined ? decodeURIComponent(url.password) : await resolveSecret(config.password)
  const tls = await tlsOptions(name, config)
  let client: mysql.Connection
  try {
    client = await mysql.createConnection({
      host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost',
      port: url.port === '' ? DEFAULT_PORT : Number(url.port),
      user: address.user,
      password,
      database: address.database,
      charset: 'utf8mb4',
      connectTimeout: CONNECT_MS_MAX,
      enableKeepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      // A query that is sent past `mysql2` carries none; a server of MySQL that was promised them refuses it.
      flags: ['-CLIENT_QUERY_ATTRIBUTES'],
      ...(tls === undefined ? {} : { ssl: tls }),
    })
  } catch (error) {
    throw sourceError(error, address, 'connecting')
  }
  // Every query rejects by itself; without a listener the event would end the process.
  client.on('error', () => undefined)
  const query: Query = async (sql) => {
    try {
      const [rows] = await client.query(sql)
      return (Array.isArray(rows) ? rows : []) as never
    } catch (error) {
      throw sourceError(error, address, 'connected')
    }
  }
  const close = (): void => {
    client.destroy()
    // `mysql2` only says farewell; a server that is busy, or sends us the binlog, would not answer it.
    socketOf(client).destroy()
  }
  try {
    await query(SETTINGS)
  } catch (error) {
    close()
    throw error
  }
  return { client, address, query, close }
}

/** `mysql2` keeps its socket to itself; capture reads from it directly once a result or the binlog is asked for. */
export function socketOf(client: mysql.Connection): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

async function sourceUrl({ name, config }: SourceTarget): Promise<URL> {
  const text = typeof config.url === 'string' ? config.url : await resolveSecret(config.url)
  const url = URL.parse(text)
  const problem = urlProblem(url)
  if (url === null || problem !== null) throw new MillraceError('SOURCE_MYSQL_URL', { details: { source: name, problem } })
  return url
}

function urlProblem(url: URL | null): string | null {
  if (url === null) return 'it cannot be read as a url'
  if (!/^(mysql|mariadb):$/.test(url.protocol)) return `it begins with ${url.protocol}`
  return url.pathname.length < 2 ? 'it names no database' : null
}

function addressOf(source: string, url: URL): SourceAddress {
  return {
    source,
    host: `${url.hostname || 'localhost'}:${url.port || DEFAULT_PORT}`,
    user: decodeURIComponent(url.username) || 'root',
    database: decodeURIComponent(url.pathname.slice(1)),
  }
}

async function tlsOptions(source: string, { tls }: MysqlSource): Promise<mysql.SslOptions | undefined> {
  if (tls === undefined) return undefined
  const { certificateAuthority, rejectUnauthorized = true } = tls
  const rest = { rejectUnauthorized, verifyIdentity: rejectUnauthorized }
  if (certificateAuthority === undefined) return rest
  if (certificateAuthority.includes('-----BEGIN')) return { ...rest, ca: certificateAuthority }
  try {
    return { ...rest, ca: await readFile(certificateAuthority, 'utf8') }
  } catch (cause) {
    const place = `sources.${source}.tls.certificateAuthority`
    const problem = `${place} names a file that cannot be read`
    throw new MillraceError('CONFIG_INVALID', { cause, details: { file: 'millrace.config.ts', problem, place } })
  }
}
