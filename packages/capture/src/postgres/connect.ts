/** Opens connections to the source: `pg` does the handshake, the password (SCRAM) and TLS. */
import { readFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '@millrace/base'
import type { PostgresSource } from '@millrace/core'
import { resolveSecret } from '@millrace/guard'
import pg from 'pg'
import { sourceError } from './source-error.ts'
import { Inbox } from './wire/inbox.ts'

export type Query = <Row extends Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>

export interface SourceTarget {
  readonly name: string
  readonly config: PostgresSource
}

/** Where a connection leads, without the password: safe in errors and evidence. */
export interface SourceAddress {
  readonly source: string
  readonly host: string
  readonly user: string
  readonly database: string
}

export interface Connection {
  readonly client: pg.Client
  readonly address: SourceAddress
  readonly query: Query
  /** Of a snapshot's and a stream's connection, but where TLS has buffers of its own. */
  readonly inbox: Inbox | null
  /** Rejects when the connection ends, with a MillraceError. */
  readonly lost: Promise<never>
  close(): void
}

const CONNECT_MS_MAX = 10_000
const QUERY_MS_MAX = 60_000
const LOCK_WAIT_MS_MAX = 10_000
/** Node knows these options; its types do not tell. */
const SOCKET = { allowHalfOpen: false, readableHighWaterMark: 1 }
const TLS_SOCKET = { highWaterMark: 1 }
const KEEP_ALIVE_MS = 10_000
const AUTHENTICATION_ATTEMPTS_MAX = 3
const AUTHENTICATION_PAUSE_MS = 250

/**
 * Whatever a value looks like must depend on the value alone: snapshot and stream both print with these.
 * `row_security = off` makes Postgres refuse a filtered read instead of serving one.
 */
const SETTINGS: Readonly<Record<string, string | number>> = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO,YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: 3,
  bytea_output: 'hex',
  row_security: 'off',
  // What little is written here, a publication for one, must not wait for a standby that is away.
  synchronous_commit: 'local',
  lock_timeout: LOCK_WAIT_MS_MAX,
  statement_timeout: 0,
  idle_in_transaction_session_timeout: 0,
}

/**
 * A password behind a reference may have rotated, and the reference may be written a moment after the
 * database knows the new one (incident I17). So a refusal reads it again and tries again, before it is told.
 */
export async function connect(target: SourceTarget, purpose: Purpose): Promise<Connection> {
  const isReferred = typeof target.config.url !== 'string' || target.config.password !== undefined
  for (let attempt = 1; ; attempt += 1) {
    const url = await sourceUrl(target)
    try {
      return await connectTo(target, purpose, url)
    } catch (error) {
      const isRefused = error instanceof MillraceError && error.code === 'SOURCE_AUTHENTICATION'
      if (!isReferred || !isRefused || attempt === AUTHENTICATION_ATTEMPTS_MAX) throw error
      await sleep(AUTHENTICATION_PAUSE_MS * attempt)
    }
  }
}

/** `engine`: batch models are computed over it, which may take as long as it takes. */
type Purpose = 'control' | 'snapshot' | 'replication' | 'engine'

async function connectTo(target: SourceTarget, purpose: Purpose, url: URL): Promise<Connection> {
  const { name, config } = target
  const address = addressOf(name, url)
  const options = Object.entries(SETTINGS).map(([setting, value]) => `-c ${setting}=${value}`)
  const own = url.searchParams.get('options')
  url.searchParams.set('options', [...(own === null ? [] : [own]), ...options].join(' '))
  url.searchParams.set('application_name', `millrace ${purpose}`)
  if (purpose === 'replication') url.searchParams.set('replication', 'database')
  const ssl = await tlsOptions(name, config)
  if (ssl !== undefined) for (const parameter of ['sslmode', 'sslrootcert', 'ssl']) url.searchParams.delete(parameter)
  const isRead = purpose === 'snapshot' || purpose === 'replication'
  const inbox = isRead && ssl === undefined && !mayEncrypt(url) ? new Inbox(SOCKET) : null
  const client = new pg.Client({
    connectionString: url.toString(),
    connectionTimeoutMillis: CONNECT_MS_MAX,
    // The stream and the snapshot may take as long as they take; questions may not.
    ...(purpose === 'control' ? { query_timeout: QUERY_MS_MAX } : {}),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // See `RawConnection`: unread bytes are to stay in the kernel.
    stream: () => inbox?.socket ?? new Socket(SOCKET),
    ...(ssl === undefined ? {} : { ssl: { ...ssl, ...TLS_SOCKET } }),
  })
  const lost = lostPromise(client, address)
  try {
    await client.connect()
    if (purpose === 'control') await refusePooler(client, address)
  } catch (error) {
    client.end().catch(() => undefined)
    throw sourceError(error, address, 'connecting')
  }
  const ask = async (sql: string, parameters?: readonly unknown[]): Promise<never> => {
    try {
      const result = await client.query(sql, parameters === undefined ? undefined : [...parameters])
      return result.rows as never
    } catch (error) {
      throw sourceError(error, address, 'connected')
    }
  }
  // The heartbeat, the watch of the catalog and the stream share one connection; each waits its turn.
  let turn: Promise<unknown> = Promise.resolve()
  const query: Query = (sql, parameters) => {
    const answer = turn.then(async () => ask(sql, parameters))
    turn = answer.catch(() => undefined)
    return answer
  }
  const close = (): void => {
    // Not `end`: a server that is busy or gone must not hold us up.
    socketOf(client).destroy()
  }
  return { client, address, query, inbox, lost, close }
}

/** The address itself may ask for TLS, and so may the environment, as `pg` reads it. */
function mayEncrypt(url: URL): boolean {
  const mode = url.searchParams.get('sslmode') ?? process.env['PGSSLMODE'] ?? 'disable'
  return url.searchParams.has('ssl') || mode !== 'disable'
}

/** `pg` keeps its socket to itself; capture reads from it directly once a COPY or a stream has begun. */
export function socketOf(client: pg.Client): import('node:net').Socket {
  return (client as unknown as { connection: { stream: import('node:net').Socket } }).connection.stream
}

function lostPromise(client: pg.Client, address: SourceAddress): Promise<never> {
  const lost = new Promise<never>((_resolve, reject) => {
    client.on('error', (error) => reject(sourceError(error, address, 'connected')))
    client.on('end', () => reject(sourceError(new Error('the connection ended'), address, 'connected')))
  })
  // Whoever cares awaits it; nobody's crash if none does.
  lost.catch(() => undefined)
  return lost
}

/** Between us and Postgres, a pooler gives us another process's number than the one that answers. */
async function refusePooler(client: pg.Client, { source, host }: SourceAddress): Promise<void> {
  const { processID } = client as unknown as { processID: number | null }
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const pid = rows[0]?.pid
  if (processID === null || pid === undefined || pid === processID) return
  const what = `it gave the connection the number ${processID}, and the server process that answers is ${pid}`
  throw new MillraceError('SOURCE_POOLER', { details: { source, host, what } })
}

async function sourceUrl({ name, config }: SourceTarget): Promise<URL> {
  const text = typeof config.url === 'string' ? config.url : await resolveSecret(config.url)
  const url = URL.parse(text)
  if (url !== null && config.password !== undefined) url.password = encodeURIComponent(await resolveSecret(config.password))
  const problem =
    url === null ? 'it cannot be read as a url' : /^postgres(ql)?:$/.test(url.protocol) ? null : `it begins with ${url.protocol}`
  if (url === null || problem !== null) throw new MillraceError('SOURCE_URL_INVALID', { details: { source: name, problem } })
  return url
}

function addressOf(source: string, url: URL): SourceAddress {
  const user = decodeURIComponent(url.username) || 'postgres'
  return {
    source,
    host: `${url.hostname || (url.searchParams.get('host') ?? 'localhost')}:${url.port || '5432'}`,
    user,
    database: decodeURIComponent(url.pathname.slice(1)) || user,
  }
}

async function tlsOptions(source: string, { tls }: PostgresSource): Promise<{ ca?: string; rejectUnauthorized: boolean } | undefined> {
  if (tls === undefined) return undefined
  const { certificateAuthority, rejectUnauthorized = true } = tls
  if (certificateAuthority === undefined) return { rejectUnauthorized }
  if (certificateAuthority.includes('-----BEGIN')) return { ca: certificateAuthority, rejectUnauthorized }
  try {
    return { ca: await readFile(certificateAuthority, 'utf8'), rejectUnauthorized }
  } catch (cause) {
    const place = `sources.${source}.tls.certificateAuthority`
    const problem = `${place} names a file that cannot be read`
    throw new MillraceError('CONFIG_INVALID', { cause, details: { file: 'millrace.config.ts', problem, place } })
  }
}
