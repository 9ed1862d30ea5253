/**
 * The agent's HTTP: one connection that stays open, for batches and schemas in turn. It never follows a
 * redirect, so that the token goes nowhere but where it was meant for.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A shorter body is sent as it is: packing it saves less than a packet. */
const PACK_BYTES_MIN = 1024
/** No answer of the door is so long. */
const ANSWER_BYTES_MAX = 1_048_576
const SOCKETS = 1
const pack = promisify(gzip)

export interface Answer {
  readonly status: number
  readonly text: string
  readonly etag: string | null
  /** What `Retry-After` asks for; 0 where it does not. */
  readonly retryAfterMs: number
}

export interface Asking {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodies?: readonly Buffer[]
}

export interface TransportOptions {
  readonly url: URL
  readonly token: string | (() => string | Promise<string>)
  readonly timeoutMs: number
}

export class Transport {
  readonly #options: TransportOptions
  readonly #pool: http.Agent
  readonly #isSecure: boolean

  constructor(options: TransportOptions) {
    this.#options = options
    this.#isSecure = options.url.protocol === 'https:'
    const settings = { keepAlive: true, maxSockets: SOCKETS, maxFreeSockets: SOCKETS }
    this.#pool = this.#isSecure ? new https.Agent(settings) : new http.Agent(settings)
  }

  /** Rejects where there was no answer: nothing is known then of what the server did. */
  async ask({ method, path, headers, bodies }: Asking): Promise<Answer> {
    const { url, token } = this.#options
    const plain = bodies === undefined ? null : Buffer.concat(bodies)
    // Packing happens in a thread of its own; the host's thread only hands over.
    const body = plain !== null && plain.length >= PACK_BYTES_MIN ? await pack(plain, { level: 1 }) : plain
    const own: Record<string, string> = { ...headers, authorization: `Bearer ${typeof token === 'string' ? token : await token()}` }
    if (body !== null) own['content-length'] = String(body.length)
    if (body !== plain) own['content-encoding'] = 'gzip'
    const options = {
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      path: `${url.pathname.replace(/\/$/, '')}${path}`,
      method,
      headers: own,
      agent: this.#pool,
    }
    return this.#exchange(options, body)
  }

  close(): void {
    this.#pool.destroy()
  }

  #exchange(options: http.RequestOptions, body: Buffer | null): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = (this.#isSecure ? https : http).request(options)
      const timer = setTimeout(() => request.destroy(new AnswerMissing('There was no answer in time.')), this.#options.timeoutMs).unref()
      const end = (error: Error): void => {
        clearTimeout(timer)
        reject(error)
      }
      // What the host still has to do keeps it alive, not what it has to tell.
      request.on('socket', (socket) => socket.unref())
      request.on('error', end)
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > ANSWER_BYTES_MAX) request.destroy(new AnswerMissing('The answer is too long.'))
          else chunks.push(chunk)
        })
        response.on('error', end)
        response.on('aborted', () => end(new AnswerMissing('The answer was cut short.')))
        response.on('end', () => {
          clearTimeout(timer)
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            etag: response.headers.etag ?? null,
            retryAfterMs: retryAfterMs(response.headers['retry-after']),
          })
        })
      })
      request.end(body ?? undefined)
    })
  }
}

class AnswerMissing extends Error {
  override readonly name = 'AnswerMissing'
}

/** Seconds or a date; nobody is made to wait for more than an hour. */
function retryAfterMs(header: string | undefined): number {
  if (header === undefined) return 0
  const delayMs = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(delayMs) ? Math.min(Math.max(delayMs, 0), 3_600_000) : 0
}
