/**
 * Brings queued batches to the server, one at a time and the oldest first, so that an agent's events keep
 * their order. A batch that was not surely accepted is sent again, with the same numbers, until it is.
 */
import { pauseMs } from './backoff.ts'
import { readBatchAnswer } from './batch-answer.ts'
import type { Limits } from './options.ts'
import type { EventQueue, QueuedBatch } from './queue.ts'
import { Signal } from './signal.ts'
import type { Answer, Transport } from './transport.ts'

const PATH_BATCHES = '/agent/v1/batches'
const TYPE = 'application/x-ndjson'

export interface SenderOptions {
  readonly transport: Transport
  readonly limits: Limits
  /** In the order in which they are emptied; the agent's own is the last. */
  readonly queues: () => readonly EventQueue[]
  /** When the next batch may leave though it is not full; 0 for at once. */
  readonly leaveMs: () => number
  readonly dropped: () => number
  readonly onAccepted: (batch: QueuedBatch, parked: number, schemas: Readonly<Record<string, string>>) => void
  readonly onRefused: (batch: QueuedBatch, status: number) => void
  readonly onReleased: (queue: EventQueue, batch: QueuedBatch) => void
  readonly onRetry: (message: string, isToken: boolean) => void
  readonly onEmptied: (queue: EventQueue) => void
}

export class Sender {
  readonly #options: SenderOptions
  readonly #signal = new Signal()
  #attempt = 0
  #notBeforeMs = 0
  #ended = false

  constructor(options: SenderOptions) {
    this.#options = options
    this.#notBeforeMs = Date.now() + Math.random() * options.limits.startJitterMs
  }

  /** Something may have changed: a frame was sealed or written, or a flush wants to be quick. */
  wake(): void {
    this.#signal.ring()
  }

  end(): void {
    this.#ended = true
    this.#signal.ring()
  }

  async run(): Promise<void> {
    while (!this.#ended) {
      const waitMs = await this.#step()
      if (waitMs > 0 && !this.#ended) await this.#signal.sleep(waitMs)
    }
  }

  /** One batch, if one may leave. Tells how long there is nothing to do. */
  async #step(): Promise<number> {
    const pausedMs = this.#notBeforeMs - Date.now()
    if (pausedMs > 0) return this.#pause(pausedMs)
    const { queues, limits, leaveMs } = this.#options
    const all = queues()
    for (const queue of all) {
      const earlyMs = leaveMs() - Date.now()
      // What was left behind, and what nearly fills a batch, has waited long enough.
      const mayWait = queue === all.at(-1) && queue.memoryBytes + queue.diskBytes < limits.batchBytesMax
      if (earlyMs > 0 && mayWait && !queue.isEmpty) return earlyMs
      const batch = await queue.take(limits.batchBytesMax)
      if (batch !== null) {
        await this.#send(queue, batch)
        return 0
      }
      if (queue.isEmpty) this.#options.onEmptied(queue)
    }
    return Number.POSITIVE_INFINITY
  }

  /** Nothing shortens a pause: a wake-up is kept for afterwards. */
  async #pause(delayMs: number): Promise<number> {
    const endMs = Date.now() + delayMs
    for (let left = delayMs; left > 0 && !this.#ended; left = endMs - Date.now()) await this.#signal.sleep(left)
    this.#signal.ring()
    return 0
  }

  async #send(queue: EventQueue, batch: QueuedBatch): Promise<void> {
    const answer = await this.#request(queue, batch)
    if (this.#ended) return
    if (answer instanceof Error) return this.#retry(`The server could not be reached: ${answer.message}`, 0, false)
    if (answer.status >= 200 && answer.status < 300) {
      this.#attempt = 0
      const { parked, schemas } = readBatchAnswer(answer.text)
      this.#options.onAccepted(batch, parked, schemas)
      return this.#release(queue, batch)
    }
    if (answer.status === 400 || answer.status === 413 || answer.status === 422) {
      this.#attempt = 0
      this.#options.onRefused(batch, answer.status)
      return this.#release(queue, batch)
    }
    const isToken = answer.status === 401 || answer.status === 403
    this.#retry(isToken ? 'The server does not know the token.' : `The server answered ${answer.status}.`, answer.retryAfterMs, isToken)
  }

  async #release(queue: EventQueue, batch: QueuedBatch): Promise<void> {
    await queue.release(batch)
    this.#options.onReleased(queue, batch)
  }

  async #request(queue: EventQueue, batch: QueuedBatch): Promise<Answer | Error> {
    const headers = {
      'content-type': TYPE,
      'millrace-agent': queue.instance,
      'millrace-batch': `${batch.first}-${batch.next}`,
      'millrace-dropped': String(this.#options.dropped()),
    }
    try {
      return await this.#options.transport.ask({ method: 'POST', path: PATH_BATCHES, headers, bodies: batch.bodies })
    } catch (error) {
      return error instanceof Error ? error : new AnswerUnknown(String(error))
    }
  }

  #retry(message: string, askedMs: number, isToken: boolean): void {
    const { retryBaseMs: baseMs, retryLimitMs: limitMs } = this.#options.limits
    this.#notBeforeMs = Date.now() + pauseMs(this.#attempt, { baseMs, limitMs, askedMs })
    this.#attempt += 1
    this.#options.onRetry(message, isToken)
  }
}

class AnswerUnknown extends Error {
  override readonly name = 'AnswerUnknown'
}
