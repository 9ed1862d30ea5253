/**
 * A real MariaDB or MySQL of one's own, in about a second: for tests and drills. It listens on loopback only
 * and writes a row binlog with full metadata.
 *
 * Law of this file: no server outlives the process that started it, however that process ends. A shell
 * stands between the two and waits on a pipe; when the pipe breaks, it stops the server.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, cpSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mysql from 'mysql2/promise'
import { exited } from './exited.ts'
import { freePort } from './free-port.ts'
import { selfSignedCertificate } from './certificate.ts'

export interface DatabaseServerOptions {
  /** Further settings, over those that capture wants: `binlog_row_image`, `server_id`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Serves TLS with a certificate of its own, `certificatePem`. */
  readonly tls?: boolean
}

export type ServerRow = Record<string, unknown>

export interface DatabaseServer {
  readonly port: number
  readonly folder: string
  readonly certificatePem: string | null
  /** Connects as the superuser `root`. */
  urlFor(parts: { user?: string; password?: string; database?: string }): string
  /** Runs statements as the superuser on one lasting connection; yields the last one's rows. */
  query<R extends ServerRow = ServerRow>(sql: string): Promise<R[]>
  /** Another connection as the superuser; the caller ends it. */
  connect(database?: string): Promise<mysql.Connection>
  /** Ends the server in order; its folder goes with it. */
  stop(): Promise<void>
  /** Kills the server at once, as a crash does; `start` brings it back with the same data on the same port. */
  kill(): Promise<void>
  /** Starts it again after `kill`; if it runs, it is first stopped in order. */
  start(settings?: Readonly<Record<string, string | number>>): Promise<void>
  log(): string
}

/** What one server differs in from the others. */
export interface ServerKind {
  readonly name: string
  readonly program: string
  /** A fresh data folder, to be copied. */
  readonly template: string
  readonly settings: Readonly<Record<string, string | number>>
  /** Gives root its password, where the data came without one. */
  readonly secure: string | null
}

/** Of root. */
export const PASSWORD = 'millrace'
const START_MS_MAX = 60_000
const START_ATTEMPTS_MAX = 5

const GUARDIAN = `
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
echo $server > "$MILLRACE_PID_FILE"
(
  while read -r line <&3; do :; done
  trap '' TERM
  kill -TERM $server 2>/dev/null
  tenths=0
  while kill -0 $server 2>/dev/null; do
    if [ $tenths -eq 100 ]; then kill -KILL $server; fi
    tenths=$((tenths + 1))
    sleep 0.1
  done
  rm -rf "$MILLRACE_TEMPORARY"
) </dev/null >/dev/null 2>&1 &
watcher=$!
wait $server
kill $watcher 2>/dev/null
wait $watcher 2>/dev/null
`

export async function startDatabaseServer(kind: ServerKind, options: DatabaseServerOptions): Promise<DatabaseServer> {
  const server = new Server(kind, options)
  await server.start()
  await server.secure()
  return server
}

class Server implements DatabaseServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-mysql-'))
  readonly certificatePem: string | null
  port = 0
  readonly #kind: ServerKind
  #settings: Readonly<Record<string, string | number>>
  #guardian: ChildProcess | null = null
  #client: mysql.Connection | null = null
  #isSecured = false

  constructor(kind: ServerKind, options: DatabaseServerOptions) {
    this.#kind = kind
    this.#settings = options.settings ?? {}
    cpSync(kind.template, this.#file('data'), { recursive: true })
    this.certificatePem = options.tls === true ? this.#makeCertificate() : null
  }

  urlFor({ user = 'root', password = PASSWORD, database = '' }: { user?: string; password?: string; database?: string }): string {
    return `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${encodeURIComponent(database)}`
  }

  async query<R extends ServerRow = ServerRow>(sql: string): Promise<R[]> {
    this.#client ??= await this.connect()
    const [rows] = await this.#client.query(sql)
    const last = Array.isArray(rows) && Array.isArray(rows.at(-1)) ? rows.at(-1) : rows
    return (Array.isArray(last) ? last : []) as R[]
  }

  async connect(database?: string): Promise<mysql.Connection> {
    const client = await mysql.createConnection({
      host: '127.0.0.1',
      port: this.port,
      user: 'root',
      password: this.#isSecured ? PASSWORD : '',
      multipleStatements: true,
      ...(database === undefined ? {} : { database }),
    })
    client.on('error', () => undefined)
    return client
  }

  async start(settings?: Readonly<Record<string, string | number>>): Promise<void> {
    if (settings !== undefined) this.#settings = { ...this.#settings, ...settings }
    if (this.#guardian !== null) await this.#end('SIGTERM')
    for (let attempt = 1; ; attempt += 1) {
      if (this.port === 0) this.port = await freePort()
      if (await this.#tryStart()) return
      if (attempt === START_ATTEMPTS_MAX)
        throw new Error(`${this.#kind.name} did not start:\n${this.log().split('\n').slice(-20).join('\n')}`)
      if (this.log().includes('Address already in use')) this.port = 0
    }
  }

  /** A password for root, once, where the data came without one. */
  async secure(): Promise<void> {
    if (this.#kind.secure !== null) await this.query(this.#kind.secure)
    this.#isSecured = true
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    this.#client?.destroy()
    this.#client = null
    if (this.#guardian !== null) {
      const ended = exited(this.#guardian)
      this.#guardian.stdin?.end()
      await ended
      this.#guardian = null
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  log(): string {
    return existsSync(this.#file('server.log')) ? readFileSync(this.#file('server.log'), 'utf8') : ''
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const guardian = this.#guardian
    if (guardian === null) return
    this.#client?.destroy()
    this.#client = null
    const ended = exited(guardian)
    process.kill(Number(readFileSync(this.#file('server.pid'), 'utf8')), signal)
    await ended
    guardian.stdin?.destroy()
    this.#guardian = null
  }

  async #tryStart(): Promise<boolean> {
    const log = openSync(this.#file('server.log'), 'w')
    const guardian = spawn('/bin/sh', ['-c', GUARDIAN, 'sh', this.#kind.program, ...this.#arguments()], {
      cwd: this.folder,
      detached: true,
      stdio: ['pipe', log, log],
      env: {
        ...process.env,
        LC_ALL: 'C',
        TZ: 'UTC',
        MILLRACE_TEMPORARY: this.folder,
        MILLRACE_PID_FILE: this.#file('server.pid'),
      },
    })
    closeSync(log)
    guardian.unref()
    if (guardian.stdin instanceof Socket) guardian.stdin.unref()
    this.#guardian = guardian
    const deadline = performance.now() + START_MS_MAX
    while (performance.now() < deadline && guardian.exitCode === null) {
      if (this.log().includes('ready for connections')) return true
      await sleep(20)
    }
    guardian.stdin?.destroy()
    if (guardian.exitCode === null) await exited(guardian)
    this.#guardian = null
    return false
  }

  #arguments(): string[] {
    const settings: Record<string, string | number> = {
      datadir: this.#file('data'),
      socket: this.#file('server.sock'),
      bind_address: '127.0.0.1',
      port: this.port,
      // Safe against killing, not against power loss.
      innodb_flush_log_at_trx_commit: 2,
      innodb_buffer_pool_size: '64M',
      log_bin: this.#file('data', 'binlog'),
      server_id: 1,
      binlog_format: 'ROW',
      binlog_row_image: 'FULL',
      binlog_row_metadata: 'FULL',
      binlog_checksum: 'CRC32',
      character_set_server: 'utf8mb4',
      skip_name_resolve: 'ON',
      ...this.#kind.settings,
      ...(this.certificatePem === null ? {} : { ssl_cert: this.#file('server.crt'), ssl_key: this.#file('server.key') }),
      ...this.#settings,
    }
    const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []
    return ['--no-defaults', ...asRoot, ...Object.entries(settings).map(([name, value]) => `--${name.replaceAll('_', '-')}=${value}`)]
  }

  #makeCertificate(): string {
    const { certificatePem, keyPem } = selfSignedCertificate()
    writeFileSync(this.#file('server.crt'), certificatePem, { mode: 0o600 })
    writeFileSync(this.#file('server.key'), keyPem, { mode: 0o600 })
    return certificatePem
  }

  #file(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }
}
