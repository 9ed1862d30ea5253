/**
 * The live feed: server-sent events, one snapshot a second to everybody who watches. A snapshot is made
 * and encoded once for all clients, and only while there are any. What a client is behind is bounded: one
 * that does not read is dropped, and its browser comes back for a fresh snapshot by itself.
 */
import { describeError, MillraceError } from '@millrace/base'
import type { ServerResponse } from 'node:http'
import type { ServeApi, Snapshot } from './api.ts'
import { FEED_INTERVAL_MS, SERVE_LIMITS } from './limits.ts'

export class Feed {
  readonly #api: ServeApi
  readonly #intervalMs: number
  readonly #clients = new Set<ServerResponse>()
  #timer: NodeJS.Timeout | null = null
  #making = false
  /** The cut up to which changes have been sent to all present clients. */
  #cut = 0

  constructor(api: ServeApi, intervalMs: number = FEED_INTERVAL_MS) {
    this.#api = api
    this.#intervalMs = intervalMs
  }

  get clients(): number {
    return this.#clients.size
  }

  /** Joins a client: it first gets the newest changes there are, then what is new each second. */
  async join(response: ServerResponse): Promise<void> {
    if (this.#clients.size >= SERVE_LIMITS.feedClients) {
      throw new MillraceError('FEED_FULL', { details: { limit: SERVE_LIMITS.feedClients } })
    }
    // The place is taken before the first read, so that a burst of clients cannot pass the bound.
    this.#clients.add(response)
    response.on('close', () => this.#leave(response))
    try {
      const snapshot = await this.#snapshot(0)
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      this.#write(response, message('snapshot', snapshot))
      if (this.#clients.size === 1) this.#cut = snapshot.latest.cut
      this.#timer ??= setInterval(() => void this.#tick(), this.#intervalMs)
    } catch (error) {
      this.#leave(response)
      throw error
    }
  }

  close(): void {
    for (const client of this.#clients) client.end()
    this.#clients.clear()
    this.#stop()
  }

  async #tick(): Promise<void> {
    // A second in which the last snapshot is still being made is left out rather than queued.
    if (this.#making) return
    this.#making = true
    try {
      const snapshot = await this.#snapshot(this.#cut)
      this.#cut = snapshot.latest.cut
      this.#send(message('snapshot', snapshot))
    } catch (error) {
      this.#send(message('problem', error instanceof MillraceError ? error : { code: 'DEFECT', message: describeError(error) }))
    } finally {
      this.#making = false
    }
  }

  async #snapshot(afterCut: number): Promise<Snapshot> {
    const latest = await this.#api.latest({ afterCut, limit: SERVE_LIMITS.feedChanges })
    return { overview: this.#api.overview(), graph: this.#api.graph(), latest }
  }

  #send(text: string): void {
    for (const client of this.#clients) if (client.headersSent) this.#write(client, text)
  }

  #write(client: ServerResponse, text: string): void {
    if (client.writableLength > SERVE_LIMITS.feedClientBytes) client.destroy()
    else client.write(text)
  }

  #leave(client: ServerResponse): void {
    this.#clients.delete(client)
    if (this.#clients.size === 0) this.#stop()
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}

function message(event: 'snapshot' | 'problem', body: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(body)}\n\n`
}
