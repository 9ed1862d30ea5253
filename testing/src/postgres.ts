/**
 * A real Postgres of one's own, in about a second: for tests, drills and the demo. Its binaries come
 * with npm. It listens on loopback only, asks for passwords (SCRAM), and has `wal_level = logical`.
 *
 * Law of this file: no server outlives the process that started it, however that process ends. A shell
 * stands between the two and waits on a pipe; when the pipe breaks, it stops the server.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { exited } from './exited.ts'
import { freePort } from './free-port.ts'
import { selfSignedCertificate } from './certificate.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'

export interface PostgresOptions {
  /** Keeps the data here, for the next start too; default: a temporary folder that goes with the server. */
  readonly folder?: string
  /** Further settings of postgresql.conf. By default `fsync` is off: safe against killing, not against power loss. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Default: a free one. */
  readonly port?: number
  /** Serves TLS with a certificate of its own, `certificatePem`. */
  readonly tls?: boolean
}

export type Row = Record<string, unknown>

export interface Postgres {
  readonly port: number
  readonly folder: string
  /** Connects as the superuser `postgres` to the database `postgres`. */
  readonly url: string
  /** The certificate to trust, where it serves TLS. */
  readonly certificatePem: string | null
  /** The same server for another user or database. */
  urlFor(parts: { user?: string; password?: string; database?: string }): string
  /** Runs SQL as the superuser on one lasting connection, made when first needed. Several statements yield the last one's rows. */
  query<R extends Row = Row>(sql: string, parameters?: readonly unknown[]): Promise<R[]>
  /** Ends the session of `query`; the next one opens another. */
  disconnect(): Promise<void>
  /** Ends the server in order; a temporary folder goes with it. */
  stop(): Promise<void>
  /** Kills the server at once, as a crash does; `start` brings it back with the same data on the same port. */
  kill(): Promise<void>
  /** Starts it again after `kill`; if it runs, it is first stopped in order (a restart). */
  start(): Promise<void>
  /** What the server wrote to its log since `startPostgres`. */
  log(): string
}

const USER = 'postgres'
const PASSWORD = 'millrace'
const START_MS_MAX = 30_000
const START_ATTEMPTS_MAX = 5

/**
 * Runs the server and stops it once standard input ends, which it does when the parent ends in any way:
 * in order at first, by force after five seconds. Then a temporary folder goes too.
 */
const GUARDIAN = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(
  while read -r line <&3; do :; done
  trap '' TERM
  kill -INT $server 2>/dev/null
  tenths=0
  while kill -0 $server 2>/dev/null; do
    if [ $tenths -eq 50 ]; then kill -QUIT $server; fi
    tenths=$((tenths + 1))
    sleep 0.1
  done
  if [ -n "$MILLRACE_TEMPORARY" ]; then rm -rf "$MILLRACE_TEMPORARY"; fi
) </dev/null >/dev/null 2>&1 &
watcher=$!
wait $server
kill $watcher 2>/dev/null
wait $watcher 2>/dev/null
`

export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const binaries = await postgresBinaries()
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'millrace-postgres-'))
  const server = new Server(binaries, folder, options)
  await server.start()
  return server
}

class Server implements Postgres {
  readonly folder: string
  readonly certificatePem: string | null
  readonly #binaries: PostgresBinaries
  readonly #options: PostgresOptions
  #port: number
  #guardian: ChildProcess | null = null
  #client: pg.Client | null = null

  constructor(binaries: PostgresBinaries, folder: string, options: PostgresOptions) {
    this.#binaries = binaries
    this.folder = folder
    this.#options = options
    this.#port = options.port ?? 0
    mkdirSync(folder, { recursive: true })
    if (binaries.runAs.uid !== undefined) chownSync(folder, binaries.runAs.uid, binaries.runAs.gid ?? binaries.runAs.uid)
    this.certificatePem = options.tls === true ? this.#makeCertificate() : null
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return this.urlFor({})
  }

  urlFor({ user = USER, password = PASSWORD, database = 'postgres' }: { user?: string; password?: string; database?: string }): string {
    return `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${this.#port}/${encodeURIComponent(database)}`
  }

  async query<R extends Row = Row>(sql: string, parameters?: readonly unknown[]): Promise<R[]> {
    const client = await this.#connected()
    const result = (await (parameters === undefined ? client.query(sql) : client.query(sql, [...parameters]))) as
      | pg.QueryResult
      | pg.QueryResult[]
    return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) as R[]
  }

  async disconnect(): Promise<void> {
    await this.#client?.end()
    this.#client = null
  }

  async start(): Promise<void> {
    if (this.#guardian !== null) await this.#end('SIGINT')
    if (!existsSync(this.#file('data', 'PG_VERSION'))) await this.#initialise()
    for (let attempt = 1; ; attempt += 1) {
      if (this.#port === 0) this.#port = await freePort()
      const failure = await this.#tryStart()
      if (failure === null) return
      if (attempt === START_ATTEMPTS_MAX) throw new Error(`Postgres did not start:\n${failure}`)
      if (this.#options.port === undefined && failure.includes('could not bind')) this.#port = 0
      await sleep(100)
    }
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#client?.end().catch(() => undefined)
    this.#client = null
    if (this.#guardian !== null) {
      const ended = exited(this.#guardian)
      this.#guardian.stdin?.end()
      await ended
      this.#guardian = null
    }
    if (this.#options.folder === undefined) rmSync(this.folder, { recursive: true, force: true })
  }

  log(): string {
    return existsSync(this.#file('server.log')) ? readFileSync(this.#file('server.log'), 'utf8') : ''
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client
    const client = new pg.Client({ connectionString: this.url })
    client.on('error', () => undefined)
    client.on('end', () => {
      if (this.#client === client) this.#client = null
    })
    await client.connect()
    this.#client = client
    return client
  }

  /** A signal to the server itself; resolves once it and all that served it are gone. */
  async #end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const guardian = this.#guardian
    if (guardian === null) return
    const ended = exited(guardian)
    const pid = this.#readyPid(null)
    if (pid !== null) process.kill(pid, signal)
    await ended
    guardian.stdin?.destroy()
    this.#guardian = null
    this.#client = null
  }

  /** Null once the server takes connections, else its log. */
  async #tryStart(): Promise<string | null> {
    const before = this.#readyPid(null)
    const log = openSync(this.#file('server.log'), 'a')
    const guardian = spawn('/bin/sh', ['-c', GUARDIAN, 'sh', this.#binaries.postgres, ...this.#arguments()], {
      ...this.#binaries.runAs,
      cwd: this.folder,
      detached: true,
      stdio: ['pipe', log, log],
      env: {
        ...process.env,
        LC_ALL: 'C',
        MILLRACE_TEMPORARY: this.#options.folder === undefined ? this.folder : '',
      },
    })
    closeSync(log)
    guardian.unref()
    if (guardian.stdin instanceof Socket) guardian.stdin.unref()
    this.#guardian = guardian
    const deadline = performance.now() + START_MS_MAX
    while (performance.now() < deadline && guardian.exitCode === null) {
      if (this.#readyPid(before) !== null) return null
      await sleep(10)
    }
    guardian.stdin?.end()
    if (guardian.exitCode === null) await exited(guardian)
    this.#guardian = null
    return this.log().split('\n').slice(-20).join('\n')
  }

  /**
   * The server's process once it takes connections, by the first and the eighth line of its lock file;
   * `before` names a killed server that may have left the file behind.
   */
  #readyPid(before: number | null): number | null {
    const file = this.#file('data', 'postmaster.pid')
    if (!existsSync(file)) return null
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines[7]?.trim() === 'ready' && Number(lines[0]) !== before ? Number(lines[0]) : null
  }

  #arguments(): string[] {
    const settings: Record<string, string | number> = {
      listen_addresses: '127.0.0.1',
      port: this.#port,
      unix_socket_directories: '',
      wal_level: 'logical',
      fsync: 'off',
      log_timezone: 'UTC',
      ...(this.certificatePem === null
        ? {}
        : {
            ssl: 'on',
            ssl_cert_file: this.#file('server.crt'),
            ssl_key_file: this.#file('server.key'),
          }),
      ...this.#options.settings,
    }
    return ['-D', this.#file('data'), ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  }

  async #initialise(): Promise<void> {
    const passwordFile = this.#file('password')
    this.#write(passwordFile, PASSWORD)
    const flags = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${passwordFile}`, '--encoding=UTF8', '--no-locale', '--no-sync']
    const child = spawn(this.#binaries.initdb, ['-D', this.#file('data'), ...flags], {
      ...this.#binaries.runAs,
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4096)))
    const code = await exited(child)
    rmSync(passwordFile)
    if (code !== 0) throw new Error(`initdb failed: ${complaint}`)
  }

  #makeCertificate(): string {
    const { certificatePem, keyPem } = selfSignedCertificate()
    this.#write(this.#file('server.crt'), certificatePem)
    this.#write(this.#file('server.key'), keyPem)
    return certificatePem
  }

  /** Postgres wants its key and password files to be its own and closed to others. */
  #write(file: string, text: string): void {
    writeFileSync(file, text, { mode: 0o600 })
    const { uid, gid } = this.#binaries.runAs
    if (uid !== undefined) chownSync(file, uid, gid ?? uid)
  }

  #file(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }
}
