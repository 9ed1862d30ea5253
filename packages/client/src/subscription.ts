/**
 * One subscription over as many lines as it takes. Each change is given once: a line that breaks is made
 * anew from the position of the last message that was given whole. A snapshot that broke off has no
 * position; it begins anew, and says so with a `truncate`.
 */
import { eventStream } from './event-stream.ts'
import { lineError, ReadError } from './read-error.ts'
import type { ServerMessage } from './server-message.ts'
import type { Change, Row, SubscribeOptions } from './types.ts'
import { webSocketStream } from './web-socket-stream.ts'

export interface SubscriptionSource {
  /** The address without `from`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof fetch
}

const SILENCE_MS = 45_000
const BACKOFF_MS = { least: 50, most: 5_000 }

export class Subscription<R = Row> implements AsyncIterable<Change<R>> {
  /** Where to go on from: after the last change that was given. Null while the snapshot is not whole. */
  position: string | null
  readonly #source: SubscriptionSource
  readonly #options: SubscribeOptions
  /** Rows of a snapshot were given that is not whole. */
  #isPartial = false
  #wasReady = false
  #attempt = 0

  constructor(source: SubscriptionSource, options: SubscribeOptions) {
    this.#source = source
    this.#options = options
    this.position = options.from === undefined || options.from === 'now' ? null : options.from
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Change<R>, void, undefined> {
    const { signal, onReconnect } = this.#options
    while (!isAborted(signal)) {
      try {
        yield* this.#line()
      } catch (error) {
        if (isAborted(signal)) return
        const known = error instanceof ReadError ? error : lineError(this.#source.url, error)
        const isGone = known.code === 'READ_POSITION_GONE' && this.#options.whenGone === 'restart'
        if (isGone) {
          yield this.#void()
          this.position = null
        } else if (known.retry !== 'backoff') throw known
        onReconnect?.(known)
        await this.#pause()
      }
    }
  }

  /** Everything that one line tells; ends by throwing. */
  async *#line(): AsyncGenerator<Change<R>, void, undefined> {
    const watch = new Silence(this.#options.silenceMs ?? SILENCE_MS, this.#options.signal)
    try {
      if (this.#isPartial) yield this.#void()
      this.#isPartial = false
      for await (const message of this.#messages(watch)) {
        this.#attempt = 0
        // While the caller works, nothing is listened for.
        watch.pause()
        yield* this.#changesOf(message)
        watch.sign()
      }
      throw lineError(this.#source.url, 'it was closed')
    } finally {
      watch.stop()
    }
  }

  #messages(watch: Silence): AsyncIterable<ServerMessage> {
    const url = new URL(this.#source.url)
    const from = this.position ?? (this.#options.from === 'now' && !this.#wasReady ? 'now' : null)
    if (from !== null) url.searchParams.set('from', from)
    const line = { url: url.href, signal: watch.signal, onSign: () => watch.sign() }
    return this.#options.transport === 'websocket' ? webSocketStream(line) : eventStream({ ...this.#source, ...line })
  }

  *#changesOf(message: ServerMessage): Generator<Change<R>, void, undefined> {
    switch (message.type) {
      case 'begin':
        if (message.snapshot) return
        this.position = message.position
        if (!this.#wasReady) yield this.#ready(message.position, null)
        return
      case 'rows':
        this.#isPartial = true
        for (const row of message.rows) {
          yield { operation: 'insert', before: null, after: row as R, snapshot: true, last: false, cut: null, position: null }
        }
        return
      case 'snapshot':
        this.#isPartial = false
        this.position = message.position
        yield this.#ready(message.position, message.cut)
        return
      case 'changes':
        yield* this.#told(message)
        return
      case 'position':
        this.position = message.position
        return
      case 'alive':
        return
      case 'end':
        throw new ReadError(message.error)
    }
  }

  *#told({ changes, cut, last, position }: Extract<ServerMessage, { type: 'changes' }>): Generator<Change<R>, void, undefined> {
    if (changes.length === 0) this.position = position
    for (const [at, { operation, before, after }] of changes.entries()) {
      const isEnd = at === changes.length - 1
      // Set before it is given: who stops right after this change has seen it.
      if (isEnd) this.position = position
      yield {
        operation,
        before: before as R | null,
        after: after as R | null,
        snapshot: false,
        last: isEnd && last,
        cut,
        position: isEnd ? position : null,
      }
    }
  }

  #ready(position: string | null, cut: number | null): Change<R> {
    this.#wasReady = true
    return { operation: 'ready', before: null, after: null, snapshot: false, last: true, cut, position }
  }

  #void(): Change<R> {
    return { operation: 'truncate', before: null, after: null, snapshot: true, last: false, cut: null, position: null }
  }

  async #pause(): Promise<void> {
    const { signal } = this.#options
    const limit = Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 2 ** this.#attempt)
    this.#attempt += 1
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, limit * (0.5 + Math.random() / 2))
      function done(): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      signal?.addEventListener('abort', done, { once: true })
    })
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

/** Ends a line on which nothing is heard any more: a server that is there beats. */
class Silence {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal | undefined
  readonly #limitMs: number
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #onAbort = (): void => this.#controller.abort(this.#outer?.reason)

  constructor(limitMs: number, outer: AbortSignal | undefined) {
    this.#limitMs = limitMs
    this.#outer = outer
    outer?.addEventListener('abort', this.#onAbort, { once: true })
    this.sign()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  sign(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(`nothing was heard for ${this.#limitMs} ms`), this.#limitMs)
  }

  pause(): void {
    clearTimeout(this.#timer)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#outer?.removeEventListener('abort', this.#onAbort)
    this.#controller.abort('the line is not needed any more')
  }
}
