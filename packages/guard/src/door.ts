/**
 * The one door out (law 10): every request to an address that a user supplied leaves through here.
 *
 * What it promises, whatever the far side does:
 * - It connects only to addresses that the rules allow, and to the very address that was judged: the
 *   judgement is made in the socket's own look-up, so nothing can change between check and connect. One
 *   inside address in an answer refuses the whole name; which of several is used would be chance.
 * - It follows no redirect. A 3xx is an answer like any other.
 * - The deadline covers all of it: waiting, look-up, connect, send, headers and body.
 * - The status line is the answer. A body that then drips, breaks off or never ends does not change it:
 *   `bodyEnd` tells, the connection is dropped, and no more than `bodyStartBytes` of it is kept.
 */
import { lookup as lookupInSystem } from 'node:dns/promises'
import { Agent as HttpAgent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type Clock, MillraceError, systemClock } from '@millrace/base'
import { doorError } from './door-error.ts'
import { type DoorStream, openStream } from './door-stream.ts'
import { AddressRules } from './inside.ts'
import { addressRefused, type Target, targetOf } from './target.ts'

export interface DoorAddress {
  readonly address: string
  readonly family: number
}

export interface DoorOptions {
  /** Inside addresses that may be reached all the same: `127.0.0.1`, `10.0.0.0/8`, `localhost`. */
  readonly allowInside?: readonly string[]
  readonly clock?: Clock
  /** Resolves a name; default: the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly DoorAddress[]>
  /** Certificates (PEM) to trust in place of the well-known ones. */
  readonly certificateAuthority?: string
  /** Requests under way at once, over all hosts; one more is refused with DOOR_BUSY. */
  readonly requestsLimit?: number
  /** Connections kept open to one host while idle. */
  readonly idlePerHostLimit?: number
  readonly headerBytesLimit?: number
  /** A longer response body is cut off. */
  readonly bodyBytesLimit?: number
  /** How much of the response body is handed back, as text. */
  readonly bodyStartBytes?: number
}

export interface DoorRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface DoorResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bodyStart: string
  /** `complete`, or why the rest of the body was not awaited. */
  readonly bodyEnd: 'complete' | 'broken-off' | 'too-large' | 'too-late'
  readonly ms: number
}

const TARGETS_LIMIT = 256

export class Door {
  readonly #rules: AddressRules
  readonly #clock: Clock
  readonly #resolve: (host: string) => Promise<readonly DoorAddress[]>
  readonly #http: HttpAgent
  readonly #https: HttpsAgent
  readonly #requestsLimit: number
  readonly #limits: ResponseLimits
  readonly #targets = new Map<string, Target>()
  #underWay = 0

  constructor(options: DoorOptions = {}) {
    this.#rules = new AddressRules(options.allowInside ?? [])
    this.#clock = options.clock ?? systemClock
    this.#resolve = options.resolve ?? ((host) => lookupInSystem(host, { all: true }))
    this.#requestsLimit = options.requestsLimit ?? 1024
    this.#limits = {
      headerBytesLimit: options.headerBytesLimit ?? 16_384,
      bodyBytesLimit: options.bodyBytesLimit ?? 262_144,
      bodyStartBytes: options.bodyStartBytes ?? 2048,
    }
    const agent = { keepAlive: true, scheduling: 'lifo', maxFreeSockets: options.idlePerHostLimit ?? 64, lookup: this.#lookup } as const
    this.#http = new HttpAgent(agent)
    const trust = options.certificateAuthority === undefined ? {} : { ca: options.certificateAuthority }
    this.#https = new HttpsAgent({ ...agent, ...trust, rejectUnauthorized: true })
  }

  get underWay(): number {
    return this.#underWay
  }

  /** Resolves with the far side's answer, whatever its status; rejects with a `MillraceError` where there is none. */
  async send(request: DoorRequest): Promise<DoorResponse> {
    const target = this.#target(request.url)
    this.#enter(target)
    try {
      return await this.#exchange(target, request)
    } finally {
      this.#underWay -= 1
    }
  }

  /** As `send`, but hands the body on as it comes. It counts as under way until the body has ended or is left. */
  async open(request: DoorRequest): Promise<DoorStream> {
    const target = this.#target(request.url)
    this.#enter(target)
    let client: ClientRequest
    try {
      client = this.#requestTo(target, request)
    } catch (cause) {
      this.#underWay -= 1
      throw doorError(cause, { host: target.host, timeoutMs: request.timeoutMs })
    }
    return openStream(client, target.host, request, () => (this.#underWay -= 1))
  }

  /** Drops the idle connections and whatever is under way. */
  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #enter(target: Target): void {
    if (this.#underWay >= this.#requestsLimit) {
      throw new MillraceError('DOOR_BUSY', { details: { host: target.host, limit: this.#requestsLimit } })
    }
    this.#underWay += 1
  }

  #target(url: string): Target {
    const known = this.#targets.get(url)
    if (known !== undefined) return known
    const target = targetOf(url, this.#rules)
    if (this.#targets.size >= TARGETS_LIMIT) this.#targets.clear()
    this.#targets.set(url, target)
    return target
  }

  readonly #lookup: LookupFunction = (host, options, done) => {
    this.#judged(host).then(
      (addresses) => {
        if (options.all === true) done(null, [...addresses])
        else done(null, addresses[0]?.address ?? '', addresses[0]?.family)
      },
      (error: Error) => done(error, []),
    )
  }

  async #judged(host: string): Promise<readonly DoorAddress[]> {
    const addresses = await this.#resolve(host)
    for (const { address } of addresses) if (!this.#rules.allows(address)) throw addressRefused(host, address)
    if (addresses.length === 0) throw new MillraceError('DOOR_UNREACHABLE', { details: { host, reason: 'the name has no address' } })
    return addresses
  }

  #exchange(target: Target, request: DoorRequest): Promise<DoorResponse> {
    const startedMs = this.#clock.monotonicMs()
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(this.#limits, {
        answered: (answer) => resolve({ ...answer, ms: this.#clock.monotonicMs() - startedMs }),
        failed: (cause) => reject(doorError(cause, { host: target.host, timeoutMs: request.timeoutMs })),
      })
      exchange.start(this.#requestTo(target, request), target.host, request)
    })
  }

  #requestTo(target: Target, request: DoorRequest): ClientRequest {
    const options = {
      agent: target.secure ? this.#https : this.#http,
      hostname: target.hostname,
      port: target.port,
      path: target.path,
      method: request.method,
      headers: headersOf(target, request),
      maxHeaderSize: this.#limits.headerBytesLimit,
    }
    return target.secure ? requestHttps(options) : requestHttp(options)
  }
}

/** A flat list, which goes to the socket as it is. */
function headersOf(target: Target, request: DoorRequest): string[] {
  const list = ['host', target.host]
  for (const name in request.headers) list.push(name, request.headers[name] as string)
  if (target.authorization !== null && request.headers['authorization'] === undefined) list.push('authorization', target.authorization)
  if (request.body !== undefined) list.push('content-length', String(Buffer.byteLength(request.body)))
  return list
}

interface ResponseLimits {
  readonly headerBytesLimit: number
  readonly bodyBytesLimit: number
  readonly bodyStartBytes: number
}

interface Settle {
  readonly answered: (answer: Omit<DoorResponse, 'ms'>) => void
  readonly failed: (cause: unknown) => void
}

/** One request on its way: settles exactly once, and lets go of timer, listener and socket when it does. */
class Exchange {
  readonly #limits: ResponseLimits
  readonly #settle: Settle
  #request: ClientRequest | null = null
  #response: IncomingMessage | null = null
  #timer: NodeJS.Timeout | undefined
  #signal: AbortSignal | undefined
  #start: Buffer[] = []
  #startBytes = 0
  #bodyBytes = 0
  #settled = false

  constructor(limits: ResponseLimits, settle: Settle) {
    this.#limits = limits
    this.#settle = settle
  }

  start(client: ClientRequest, host: string, { body, timeoutMs, signal }: DoorRequest): void {
    this.#request = client
    this.#timer = setTimeout(() => this.#expire(new MillraceError('DOOR_TIMEOUT', { details: { host, timeoutMs } })), timeoutMs)
    client.on('response', (response: IncomingMessage) => this.#read(response))
    client.on('error', (cause) => this.#fail(cause))
    client.on('close', () => this.#closed(host))
    if (signal !== undefined) {
      this.#signal = signal
      signal.addEventListener('abort', this.#onAbort, { once: true })
      if (signal.aborted) return this.#onAbort()
    }
    client.end(body)
  }

  readonly #onAbort = (): void => {
    this.#expire(this.#signal?.reason)
  }

  #read(response: IncomingMessage): void {
    this.#response = response
    response.on('data', (chunk: Buffer) => this.#take(chunk))
    response.on('end', () => this.#answer('complete'))
    response.on('error', () => this.#answer('broken-off'))
    response.on('close', () => this.#answer('broken-off'))
  }

  #take(chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    const wanted = this.#limits.bodyStartBytes - this.#startBytes
    if (wanted > 0) {
      const kept = chunk.length <= wanted ? chunk : chunk.subarray(0, wanted)
      this.#start.push(kept)
      this.#startBytes += kept.length
    }
    if (this.#bodyBytes > this.#limits.bodyBytesLimit) this.#answer('too-large')
  }

  /** The deadline or the caller: what has come so far decides. */
  #expire(cause: unknown): void {
    if (this.#response === null) this.#fail(cause)
    else this.#answer('too-late')
  }

  #answer(bodyEnd: DoorResponse['bodyEnd']): void {
    const response = this.#response
    if (this.#settled || response === null) return
    this.#finish(bodyEnd === 'complete')
    const bodyStart = this.#start.length === 0 ? '' : new TextDecoder().decode(Buffer.concat(this.#start))
    this.#settle.answered({ status: response.statusCode ?? 0, headers: response.headers, bodyStart, bodyEnd })
  }

  /** Comes after every request; only one that is not settled by then went wrong. */
  #closed(host: string): void {
    if (this.#settled) return
    this.#fail(new MillraceError('DOOR_UNREACHABLE', { details: { host, reason: 'closed without an answer' } }))
  }

  #fail(cause: unknown): void {
    if (this.#settled) return
    if (this.#response !== null) return this.#answer('broken-off')
    this.#finish(false)
    this.#settle.failed(cause)
  }

  #finish(reusable: boolean): void {
    this.#settled = true
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    if (!reusable) this.#request?.destroy()
  }
}
