/** A receiver of webhooks for tests: a real server on loopback that answers as it is told and remembers what came. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly id: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly atMs: number
  /** How many of its key were being answered when it came, itself among them. */
  readonly keyInFlight: number
}

export interface Reply {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly delayMs?: number
  /** Takes over the answer altogether. */
  readonly raw?: (response: ServerResponse, request: IncomingMessage) => void
}

export class Receiver {
  readonly received: Received[] = []
  readonly #server: Server
  readonly #inFlight = new Map<string, number>()
  reply: (received: Received) => Reply = () => ({})
  /** Requests being answered now, and the most that ever were. */
  inFlight = 0
  inFlightMax = 0

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => this.#answer(request, response, Buffer.concat(chunks).toString()))
    })
  }

  static async start(port = 0): Promise<Receiver> {
    const receiver = new Receiver()
    await new Promise<void>((resolve) => receiver.#server.listen(port, '127.0.0.1', resolve))
    return receiver
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`
  }

  get ids(): string[] {
    return this.received.map(({ id }) => id)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const key = body === '' ? '' : JSON.stringify((JSON.parse(body) as { key: unknown }).key)
    const keyInFlight = (this.#inFlight.get(key) ?? 0) + 1
    this.#inFlight.set(key, keyInFlight)
    this.inFlight += 1
    this.inFlightMax = Math.max(this.inFlightMax, this.inFlight)
    response.on('close', () => {
      this.inFlight -= 1
      this.#inFlight.set(key, (this.#inFlight.get(key) ?? 1) - 1)
    })
    const received: Received = {
      id: String(request.headers['webhook-id']),
      headers: request.headers,
      body,
      atMs: performance.now(),
      keyInFlight,
    }
    this.received.push(received)
    const { status = 200, headers = {}, body: text = '', delayMs, raw } = this.reply(received)
    const send = (): void => {
      if (raw !== undefined) return raw(response, request)
      response.writeHead(status, { 'content-length': String(Buffer.byteLength(text)), ...headers })
      response.end(text)
    }
    if (delayMs === undefined) send()
    else setTimeout(send, delayMs)
  }
}
