/**
 * The door for agents: an HTTP server of its own, because those who call are outside, with bounds of its own.
 * The console's server stays where it is, and answers nobody here.
 *
 *     POST /agent/v1/batches            takes a batch; answered once it is durable
 *     GET  /agent/v1/schemas/:stream    the schema as it is now; may be kept for a moment, then asked for anew
 *     GET  /agent/v1/schemas/ids/:id    a schema by its id; true for ever
 *
 * A token opens its team's streams. Whatever else there is, is not there. Any number of doors may stand before
 * one registry: a schema's id is made from its content, so all of them tell the same under the same id.
 */
import { MillraceError } from '@millrace/base'
import { createServer, type IncomingMessage, type Server, type ServerOptions as HttpOptions, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { sendAgentError, sendBody } from './agent-answer.ts'
import type { AgentApi, AgentSchemaPage } from './agent-api.ts'
import { readAgentBody } from './agent-body.ts'
import { AGENT_LIMITS } from './agent-limits.ts'
import { AgentLoad } from './agent-load.ts'

export interface AgentServerOptions {
  readonly api: AgentApi
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** In PEM; without it plain HTTP is spoken. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  readonly connections?: number
  /** In [0, 1). */
  readonly random?: () => number
}

export interface RunningAgentServer {
  readonly url: string
  readonly port: number
  /** Evidence for the source's own report. */
  evidence(): Readonly<Record<string, string | number>>
  close(): Promise<void>
}

const PATH_BATCHES = '/agent/v1/batches'
const PATH_SCHEMAS = '/agent/v1/schemas/'
const PATH_IDS = '/agent/v1/schemas/ids/'
/** A schema's name may stand for another schema soon; its id never does. */
const KEEP_NAME = 'private, max-age=10'
const KEEP_ID = 'private, max-age=31536000, immutable'
const INSTANCE = /^[0-9a-f]{32}$/

/** Raises PORT_IN_USE. */
export async function startAgentServer(options: AgentServerOptions): Promise<RunningAgentServer> {
  const door = new AgentServer(options)
  await door.listen()
  return door
}

class AgentServer implements RunningAgentServer {
  readonly #options: AgentServerOptions
  readonly #server: Server
  readonly #load = new AgentLoad()
  readonly #connectionsMax: number
  readonly #random: () => number
  readonly #counts = { batchRequests: 0, schemaRequests: 0, notModified: 0, refused: 0, notTaken: 0 }
  #connections = 0

  constructor(options: AgentServerOptions) {
    this.#options = options
    this.#connectionsMax = options.connections ?? AGENT_LIMITS.connections
    this.#random = options.random ?? Math.random
    const settings: HttpOptions = {
      maxHeaderSize: AGENT_LIMITS.headerBytes,
      headersTimeout: AGENT_LIMITS.headersMs,
      requestTimeout: AGENT_LIMITS.requestMs,
      connectionsCheckingInterval: AGENT_LIMITS.checkMs,
      keepAliveTimeout: AGENT_LIMITS.idleMs,
    }
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(request, response).catch((error: unknown) =>
        sendAgentError(response, error, () => this.#load.retryAfterMs(this.#random())),
      )
    }
    const { tls } = options
    this.#server =
      tls === undefined ? createServer(settings, answer) : createSecureServer({ ...settings, cert: tls.certificate, key: tls.key }, answer)
    this.#server.maxConnections = this.#connectionsMax
    this.#server.maxHeadersCount = AGENT_LIMITS.headers
    this.#server.maxRequestsPerSocket = AGENT_LIMITS.requestsPerConnection
    this.#server.on('connection', (socket) => {
      this.#connections += 1
      // A peer that takes no answer is silent as well.
      socket.setTimeout(AGENT_LIMITS.idleMs + AGENT_LIMITS.requestMs, () => socket.destroy())
      socket.once('close', () => {
        this.#connections -= 1
      })
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    const { host, tls } = this.#options
    return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  async listen(): Promise<void> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' ? new MillraceError('PORT_IN_USE', { cause: error, details: { host, port } }) : error),
      )
      this.#server.listen({ host, port, backlog: AGENT_LIMITS.backlog }, resolve)
    })
    this.#server.removeAllListeners('error')
    // A connection that could not be taken, for want of open files: it must not take the others with it.
    this.#server.on('error', () => {
      this.#counts.notTaken += 1
    })
  }

  evidence(): Readonly<Record<string, string | number>> {
    return {
      door: this.url,
      connections: this.#connections,
      turnedAway: this.#load.turnedAway,
      requestsAtOnceMax: this.#load.peakRequests,
      ...this.#counts,
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const leave = this.#load.enter()
    try {
      if (this.#connections > this.#connectionsMax * AGENT_LIMITS.connectionsShare) response.setHeader('connection', 'close')
      const team = await this.#teamOf(request)
      const path = request.url ?? ''
      if (request.method === 'POST' && path === PATH_BATCHES) await this.#take(request, response, team)
      else if (request.method === 'GET' && path.startsWith(PATH_SCHEMAS)) await this.#tellSchema(request, response, { team, path })
      else throw new MillraceError('HTTP_PATH_UNKNOWN', { details: { method: request.method, path } })
    } finally {
      leave()
    }
  }

  /** Before anything else: who has no token learns nothing, not even which paths there are. */
  async #teamOf(request: IncomingMessage): Promise<string> {
    const match = /^Bearer ([\x21-\x7e]{1,1024})$/.exec(request.headers.authorization ?? '')
    const team = match === null ? null : await this.#options.api.teamOf(match[1] as string)
    if (team !== null) return team
    this.#counts.refused += 1
    throw new MillraceError('AGENT_TOKEN_UNKNOWN')
  }

  async #take(request: IncomingMessage, response: ServerResponse, team: string): Promise<void> {
    this.#counts.batchRequests += 1
    const instance = String(request.headers['millrace-agent'] ?? '')
    if (!INSTANCE.test(instance)) throw new MillraceError('AGENT_BATCH_UNREADABLE', { details: { problem: 'it does not name its agent' } })
    const dropped = Number(request.headers['millrace-dropped'] ?? 0)
    const { text, done } = await readAgentBody(request, this.#load)
    try {
      const answer = await this.#options.api.take({
        team,
        instance,
        dropped: Number.isSafeInteger(dropped) && dropped >= 0 ? dropped : 0,
        text,
      })
      sendBody(response, Buffer.from(JSON.stringify(answer)), { 'cache-control': 'no-store' })
    } finally {
      done()
    }
  }

  async #tellSchema(request: IncomingMessage, response: ServerResponse, { team, path }: { team: string; path: string }): Promise<void> {
    this.#counts.schemaRequests += 1
    const isId = path.startsWith(PATH_IDS)
    const name = path.slice(isId ? PATH_IDS.length : PATH_SCHEMAS.length)
    const page = isId ? await this.#options.api.schemaById(team, name) : await this.#options.api.schemaOf(team, name)
    if (page === null) throw new MillraceError('AGENT_SCHEMA_UNKNOWN')
    this.#sendPage(request, response, page, isId ? KEEP_ID : KEEP_NAME)
  }

  #sendPage(request: IncomingMessage, response: ServerResponse, { id, body }: AgentSchemaPage, keep: string): void {
    const headers = { etag: `"${id}"`, 'cache-control': keep, vary: 'authorization' }
    const known = new Set((request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, '')))
    if (!known.has(headers.etag) && !known.has('*')) return sendBody(response, body, headers)
    this.#counts.notModified += 1
    response.writeHead(304, headers)
    response.end()
  }
}
