/**
 * The agent within its host. `send` writes the event down as text and returns: all else happens later, in
 * small pieces, and whatever fails there is tried again or told, never thrown.
 */
import { join } from 'node:path'
import { AgentError } from './agent-error.ts'
import { DropLedger } from './drop-ledger.ts'
import { EventBuffer } from './event-buffer.ts'
import { type EventEncoder, encoderOf } from './event-encoder.ts'
import { eventText } from './event-text.ts'
import { atExit } from './exit-hook.ts'
import { type AgentOptions, type AgentStats, type DropReason, type Limits, limitsOf, type ProblemKind } from './options.ts'
import type { EventQueue, QueuedBatch } from './queue.ts'
import { adoptQueues, openOwnQueue, type QueuesOptions } from './queues.ts'
import type { SchemaAnswer } from './schema-answer.ts'
import { SchemaBook } from './schema-book.ts'
import { Sender } from './sender.ts'
import { Transport } from './transport.ts'

export interface Agent {
  /**
   * Takes one event. Never blocks and never throws. False where it was dropped, which `onDrop` and `stats` tell
   * as well. The event is written down at once: it may be changed and used again afterwards.
   */
  send(stream: string, event: object): boolean
  /**
   * Resolves once everything sent so far is safe from this process's end: on disk, or accepted. False where
   * it is neither: there is no disk, or it refuses.
   */
  save(): Promise<boolean>
  /** Hurries, and resolves once everything sent so far is accepted by the server: true, or false after so long. */
  flush(options?: { readonly timeoutMs?: number }): Promise<boolean>
  /** Flushes, and ends. What is left over stays on disk for the next process; without one it is dropped, and said to be. */
  close(options?: { readonly timeoutMs?: number }): Promise<boolean>
  stats(): AgentStats
}

const STREAM_NAME = /^[a-z][a-z0-9_]{0,62}$/
const STREAMS_MAX = 1000
/** With a disk, an event is on it after so long: what a SIGKILL can take. */
const SEAL_MS = 20
const ADOPT_EVERY_MS = 30_000
const CLOSE_TIMEOUT_MS = 5000
/** While a host awaits something of the agent, it stays alive. */
const HOLD_MS = 1_000_000

interface Outlet {
  readonly name: string
  readonly plainSection: number
  section: number
  encode: EventEncoder | null
}

/** Raises AgentError where the settings could never work. */
export function createAgent(options: AgentOptions): Agent {
  const url = urlOf(options.url)
  if (typeof options.token !== 'function' && (typeof options.token !== 'string' || options.token === '')) {
    throw new AgentError('AGENT_TOKEN_MISSING', 'The agent has no token.', 'Give `token` the value that the source names for this team.')
  }
  return new EmbeddedAgent(options, url)
}

class EmbeddedAgent implements Agent {
  readonly #options: AgentOptions
  readonly #limits: Limits
  readonly #drops: DropLedger
  readonly #buffer = new EventBuffer()
  readonly #outlets = new Map<string, Outlet>()
  readonly #transport: Transport
  readonly #book: SchemaBook
  readonly #sender: Sender
  readonly #queuesOptions: QueuesOptions
  readonly #own: EventQueue
  #adopted: EventQueue[] = []
  /** Emptied ones, whose files are being removed. */
  readonly #leaving = new Set<Promise<void>>()
  readonly #counts = { accepted: 0, parked: 0, batches: 0, retries: 0 }
  readonly #forgetExit: () => void
  readonly #adoptTimer: NodeJS.Timeout | null
  readonly #sealMs: number
  #sealTimer: NodeJS.Timeout | null = null
  #sealSoon: NodeJS.Immediate | null = null
  /** When the oldest event that waits was sent. */
  #oldestMs = Number.POSITIVE_INFINITY
  /** The number of the oldest event that the server may not have. */
  #settled = 0
  #waiters: (() => void)[] = []
  #hurries = 0
  #closing: Promise<boolean> | null = null

  constructor(options: AgentOptions, url: URL) {
    this.#options = options
    this.#limits = limitsOf(options)
    this.#drops = new DropLedger(options.onDrop)
    this.#transport = new Transport({ url, token: options.token, timeoutMs: this.#limits.requestTimeoutMs })
    this.#queuesOptions = {
      diskFolder: options.diskFolder,
      limits: this.#limits,
      onDamage: (events) => this.#drops.add('damaged', '', events),
      onProblem: (message) => this.#problem('disk', message),
      onWritten: () => this.#sender.wake(),
    }
    this.#own = openOwnQueue(this.#queuesOptions)
    this.#book = new SchemaBook({
      transport: this.#transport,
      limits: this.#limits,
      folder: options.diskFolder === undefined ? null : join(options.diskFolder, 'schemas'),
      onSchema: (schema) => this.#use(schema),
      onProblem: (message) => this.#problem('schema', message),
    })
    this.#sender = this.#makeSender()
    this.#sealMs = options.diskFolder === undefined ? this.#limits.flushMs : Math.min(SEAL_MS, this.#limits.flushMs)
    this.#forgetExit = atExit(() => this.#saveNow())
    this.#adoptTimer = options.diskFolder === undefined ? null : setInterval(() => this.#adopt(), ADOPT_EVERY_MS).unref()
    // Not within the host's own start.
    setImmediate(() => {
      if (this.#closing === null) this.#adopt()
    })
    void this.#sender.run().catch((error: unknown) => this.#problem('server', `The agent has a defect and stands still: ${String(error)}`))
  }

  send(stream: string, event: object): boolean {
    try {
      const outlet = this.#outlets.get(stream) ?? this.#open(stream)
      if (outlet === null) return this.#drop('stream-name', stream)
      if (this.#closing !== null) return this.#drop('closed', stream)
      let section = outlet.section
      let text = outlet.encode === null ? null : outlet.encode(event)
      if (text === null) {
        section = outlet.plainSection
        text = eventText(event)
        if (text === null) return this.#drop('unserialisable', stream)
      }
      if (text.length > this.#limits.eventBytesMax) return this.#drop('too-large', stream)
      const buffer = this.#buffer
      if (this.#own.isFull(buffer.bytes + text.length)) return this.#drop('full', stream)
      buffer.push(section, Date.now(), text)
      if (this.#sealTimer === null) this.#sealTimer = setTimeout(() => this.#seal(), this.#sealMs).unref()
      if (buffer.bytes > this.#limits.batchBytesMax) this.#sealSoon ??= setImmediate(() => this.#seal())
      return true
    } catch {
      return this.#drop('unserialisable', stream)
    }
  }

  async save(): Promise<boolean> {
    this.#sealAll()
    return this.#held(this.#own.settle())
  }

  async flush({ timeoutMs = Number.POSITIVE_INFINITY }: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    this.#sealAll()
    this.#hurries += 1
    this.#sender.wake()
    const endMs = Date.now() + timeoutMs
    try {
      return await this.#held(this.#settledThrough(this.#buffer.next, endMs))
    } finally {
      this.#hurries -= 1
    }
  }

  close({ timeoutMs = CLOSE_TIMEOUT_MS }: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  stats(): AgentStats {
    const queues = this.#queues()
    return {
      ...this.#counts,
      sent: this.#buffer.next,
      dropped: this.#drops.total,
      drops: this.#drops.byReason(),
      waiting: this.#buffer.count + queues.reduce((sum, { count }) => sum + count, 0),
      memoryBytes: this.#buffer.bytes + queues.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      diskBytes: queues.reduce((sum, { diskBytes }) => sum + diskBytes, 0),
      schemas: this.#book.known(),
    }
  }

  #makeSender(): Sender {
    return new Sender({
      transport: this.#transport,
      limits: this.#limits,
      queues: () => this.#queues(),
      leaveMs: () => (this.#hurries > 0 ? 0 : this.#oldestMs + this.#limits.flushMs),
      dropped: () => this.#drops.total,
      onAccepted: (batch, parked, schemas) => this.#onAccepted(batch, parked, schemas),
      onRefused: (batch, status) => {
        this.#drops.add('refused', '', batch.count)
        this.#problem('server', `The server refused a batch for good, with ${status}.`)
      },
      onReleased: (queue, batch) => {
        if (queue === this.#own) this.#settled = batch.next
        this.#wakeWaiters()
      },
      onRetry: (message, isToken) => {
        this.#counts.retries += 1
        this.#problem(isToken ? 'token' : 'server', message)
      },
      onEmptied: (queue) => this.#onEmptied(queue),
    })
  }

  #queues(): EventQueue[] {
    return [...this.#adopted, this.#own]
  }

  #open(stream: string): Outlet | null {
    if (typeof stream !== 'string' || !STREAM_NAME.test(stream) || this.#outlets.size >= STREAMS_MAX) return null
    const plainSection = this.#buffer.addSection([stream])
    const outlet: Outlet = { name: stream, plainSection, section: plainSection, encode: null }
    this.#outlets.set(stream, outlet)
    this.#book.open(stream)
    return outlet
  }

  #use(schema: SchemaAnswer): void {
    const outlet = this.#outlets.get(schema.stream)
    if (outlet === undefined) return
    outlet.section = this.#buffer.addSection([schema.stream, schema.id, schema.columns.map(({ name }) => name)])
    outlet.encode = encoderOf(schema)
  }

  #drop(reason: DropReason, stream: string): false {
    this.#drops.add(reason, typeof stream === 'string' ? stream.slice(0, 64) : '', 1)
    return false
  }

  /** One piece now, and the rest in later turns, so that the host is never held up for long. */
  #seal(): void {
    if (this.#sealTimer !== null) clearTimeout(this.#sealTimer)
    if (this.#sealSoon !== null) clearImmediate(this.#sealSoon)
    this.#sealTimer = null
    this.#sealSoon = null
    this.#sealOne()
    if (this.#buffer.count > 0) this.#sealSoon = setImmediate(() => this.#seal())
    this.#sender.wake()
  }

  #sealAll(): void {
    while (this.#buffer.count > 0) this.#sealOne()
  }

  #sealOne(): void {
    const { oldestMs } = this.#buffer
    const frame = this.#buffer.seal(this.#limits.batchBytesMax)
    if (frame === null) return
    if (this.#own.isEmpty) this.#oldestMs = oldestMs
    this.#own.append(frame)
  }

  #onAccepted(batch: QueuedBatch, parked: number, schemas: Readonly<Record<string, string>>): void {
    this.#counts.accepted += batch.count
    this.#counts.parked += parked
    this.#counts.batches += 1
    this.#oldestMs = Date.now()
    for (const [stream, id] of Object.entries(schemas)) this.#book.hear(stream, id)
  }

  #onEmptied(queue: EventQueue): void {
    if (queue !== this.#own) {
      this.#adopted = this.#adopted.filter((each) => each !== queue)
      const leaving = queue.close().finally(() => this.#leaving.delete(leaving))
      this.#leaving.add(leaving)
    }
    this.#wakeWaiters()
  }

  #wakeWaiters(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }

  #adopt(): void {
    const held = new Set(this.#queues().map(({ instance }) => instance))
    const found = adoptQueues(this.#queuesOptions, held)
    if (found.length === 0) return
    this.#adopted.push(...found)
    this.#sender.wake()
  }

  /** Of later events, and of what other processes leave meanwhile, nobody waits here. */
  async #settledThrough(next: number, endMs: number): Promise<boolean> {
    this.#adopt()
    const left = new Set(this.#adopted)
    while (this.#settled < next || this.#adopted.some((queue) => left.has(queue))) {
      const leftMs = endMs - Date.now()
      if (leftMs <= 0) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, HOLD_MS))
        this.#waiters.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return true
  }

  async #close(timeoutMs: number): Promise<boolean> {
    const isAccepted = await this.flush({ timeoutMs })
    this.#sender.end()
    this.#book.close()
    this.#transport.close()
    this.#forgetExit()
    if (this.#adoptTimer !== null) clearInterval(this.#adoptTimer)
    if (this.#sealTimer !== null) clearTimeout(this.#sealTimer)
    if (!isAccepted && !(await this.#own.settle())) this.#drops.add('closed', '', this.#own.count)
    await Promise.all([...this.#queues().map((queue) => queue.close()), ...this.#leaving])
    this.#drops.tell()
    return isAccepted
  }

  /** The host waits for this, so it must not end before. */
  async #held<T>(work: Promise<T>): Promise<T> {
    const hold = setInterval(() => undefined, HOLD_MS)
    try {
      return await work
    } finally {
      clearInterval(hold)
    }
  }

  #saveNow(): void {
    this.#sealAll()
    this.#own.saveNow()
  }

  #problem(kind: ProblemKind, message: string): void {
    try {
      this.#options.onProblem?.({ kind, message })
    } catch {
      // The host's own callback failed; that must not become the agent's failure.
    }
  }
}

function urlOf(text: string): URL {
  let url: URL | null = null
  try {
    url = new URL(text)
  } catch {
    // Said below.
  }
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new AgentError(
      'AGENT_URL_INVALID',
      'The agent has no address to send to.',
      'Give `url` the address of the door: `https://host:4771`.',
    )
  }
  return url
}
