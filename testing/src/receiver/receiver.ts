/**
 * The other end of a webhook: a real HTTP server that believes nothing. Signatures are verified by the
 * independent npm package `standardwebhooks`; what was verified is entered in a ledger; and it can be
 * told to behave badly, as receivers do. It runs in the process of a test, or, by `receiver-process.ts`,
 * in one of its own that outlives the Millrace it listens to.
 *
 * Bounds (law 8): a body of at most `BODY_BYTES_MAX`, the ledger's bounds, and one timer a request.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assert, type Random, seededRandom } from '@millrace/base'
import { Webhook } from 'standardwebhooks'
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts'
import { type DeliveryBody, Ledger, type LedgerStats } from './ledger.ts'

/** What share of the requests meets which trouble, and how slow the receiver is. All default to nothing. */
export interface Behaviour {
  /** Answered 500; the delivery does not count as received. */
  readonly failureRate?: number
  /** Answered 429 with `Retry-After: 1`. */
  readonly throttleRate?: number
  /** Never answered. */
  readonly hangRate?: number
  /** Received and entered, then the connection is reset instead of answered. */
  readonly resetRate?: number
  /** Every request is answered this much later. */
  readonly delayMs?: number
  /** Answers every request with this status, whatever the rates say: 410, 404, 302. */
  readonly status?: number
}

export interface ReceiverOptions extends Behaviour {
  /** `whsec_…`; during a rotation two, of which either will do. */
  readonly secrets: readonly string[]
  /** Default: a free one. */
  readonly port?: number
  readonly seed?: number
  /** So many keys a stream are followed; default a million. */
  readonly keysMax?: number
}

export interface ReceiverStats extends LedgerStats {
  readonly requests: number
  /** Requests whose signature or body was not as it must be. */
  readonly rejected: number
  /** Why, of the last rejected request. */
  readonly lastRejection: string | null
  readonly failed: number
  readonly throttled: number
  readonly hung: number
  readonly reset: number
  readonly inFlight: number
  readonly inFlightMax: number
  /** From the source's commit to the verified signature, of deliveries seen for the first time. */
  readonly latency: LatencySummary
}

export interface Receiver {
  readonly port: number
  /** Where deliveries go. */
  readonly url: string
  stats(): ReceiverStats
  /** The rows that the deliveries of a stream add up to. */
  rows(stream: string): IterableIterator<Record<string, unknown>>
  /** Replaces the behaviour from the next request on. */
  behave(behaviour: Behaviour): void
  /** Accepts these secrets from the next request on. */
  trust(secrets: readonly string[]): void
  /** Starts the measurement of latency anew, after a warm-up. */
  resetLatency(): void
  close(): Promise<void>
}

const BODY_BYTES_MAX = 16 * 1024 * 1024
const KEYS_MAX_DEFAULT = 1_000_000
type Trouble = 'failed' | 'throttled' | 'hung' | 'reset'

export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const receiver = new ReceiverServer(options)
  await receiver.listen(options.port ?? 0)
  return receiver
}

class ReceiverServer implements Receiver {
  readonly #server: Server
  readonly #ledger: Ledger
  readonly #latency = new LatencyHistogram()
  readonly #random: Random
  #webhooks: readonly Webhook[] = []
  #behaviour: Behaviour
  #requests = 0
  #rejected = 0
  #lastRejection: string | null = null
  readonly #troubles: Record<Trouble, number> = { failed: 0, throttled: 0, hung: 0, reset: 0 }
  #inFlight = 0
  #inFlightMax = 0

  constructor(options: ReceiverOptions) {
    this.#behaviour = options
    this.#ledger = new Ledger(options.keysMax ?? KEYS_MAX_DEFAULT)
    this.#random = seededRandom(options.seed ?? 1)
    this.trust(options.secrets)
    this.#server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => void this.#serve(request, response))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port, host: '127.0.0.1' }, resolve)
    })
  }

  stats(): ReceiverStats {
    return {
      requests: this.#requests,
      rejected: this.#rejected,
      lastRejection: this.#lastRejection,
      ...this.#troubles,
      inFlight: this.#inFlight,
      inFlightMax: this.#inFlightMax,
      latency: this.#latency.summary(),
      ...this.#ledger.stats(),
    }
  }

  rows(stream: string): IterableIterator<Record<string, unknown>> {
    return this.#ledger.rows(stream)
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour
  }

  trust(secrets: readonly string[]): void {
    assert(secrets.length > 0, 'a receiver has a secret')
    this.#webhooks = secrets.map((secret) => new Webhook(secret))
  }

  resetLatency(): void {
    this.#latency.reset()
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#inFlight += 1
    this.#inFlightMax = Math.max(this.#inFlightMax, this.#inFlight)
    response.once('close', () => (this.#inFlight -= 1))
    try {
      await this.#answer(request, response)
    } catch {
      // The sender went away in the middle; it will say the same again.
      response.destroy()
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = await readBody(request)
    this.#requests += 1
    if (payload === null) return this.#reject(response, 413, 'the body is too large')
    const trouble = this.#drawTrouble()
    if (trouble !== null) this.#troubles[trouble] += 1
    const { delayMs, status } = this.#behaviour
    if (delayMs !== undefined && delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    if (status !== undefined) return void response.writeHead(status).end()
    if (trouble === 'hung') return
    if (trouble === 'failed') return void response.writeHead(500).end('told to fail')
    if (trouble === 'throttled') return void response.writeHead(429, { 'retry-after': '1' }).end()
    const rejection = this.#receive(request, payload)
    if (rejection !== null) return this.#reject(response, 400, rejection)
    if (trouble === 'reset') return void request.socket.resetAndDestroy()
    response.writeHead(204).end()
  }

  /** Verifies and enters one delivery; answers why not, if not. */
  #receive(request: IncomingMessage, payload: string): string | null {
    const headers = request.headers as Record<string, string>
    let body: DeliveryBody | null = null
    let problem = ''
    for (const webhook of this.#webhooks) {
      try {
        body = webhook.verify(payload, headers) as DeliveryBody
        break
      } catch (error) {
        problem = (error as Error).message
      }
    }
    if (body === null) return problem
    if (body.id !== headers['webhook-id']) return 'the id of the body is not that of the header'
    const committedMs = millisecondsOf(body.committed_at)
    if (Number.isNaN(committedMs)) return `committed_at is not a time: ${body.committed_at}`
    if (this.#ledger.record(body) === 'first') this.#latency.add(performance.timeOrigin + performance.now() - committedMs)
    return null
  }

  #reject(response: ServerResponse, status: number, problem: string): void {
    this.#rejected += 1
    this.#lastRejection = problem
    response.writeHead(status).end(problem)
  }

  /** One draw a request, so that a seed gives the same troubles to the same sequence of requests. */
  #drawTrouble(): Trouble | null {
    const { failureRate = 0, throttleRate = 0, hangRate = 0, resetRate = 0 } = this.#behaviour
    const drawn = this.#random.next()
    if (drawn < failureRate) return 'failed'
    if (drawn < failureRate + throttleRate) return 'throttled'
    if (drawn < failureRate + throttleRate + hangRate) return 'hung'
    if (drawn < failureRate + throttleRate + hangRate + resetRate) return 'reset'
    return null
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString()
}

/** `Date` stops at milliseconds; the rest of the fraction is added by hand. */
export function millisecondsOf(instant: string): number {
  const microseconds = /\.\d{3}(\d{1,3})/.exec(instant)?.[1] ?? ''
  return Date.parse(instant) + Number(microseconds.padEnd(3, '0')) / 1000
}
