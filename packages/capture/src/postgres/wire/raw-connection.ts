/**
 * A connection whose bytes are read without `pg`. `pg` made it and authenticated; from the first COPY or
 * stream on, its parser is taken off the socket, because an object per message costs more than all else.
 *
 * Reading is pulled: whoever does not call `read` lets the kernel's buffer fill and the server wait. And
 * it is unhurried: the server sends each change as a packet of its own, so the reader rests for a moment and the
 * kernel gathers the next ones. Measured on loopback, 233-byte changes: a system call per change costs 4 to
 * 5 s of processor time per million, resting costs 0.7 s, and no throughput.
 *
 * For that the socket must truly stop while nobody reads. With an inbox it does. Under TLS it does once Node's
 * own buffer is full, so `connect` makes that as small as can be: one packet is then read ahead, and the rest
 * stays in the kernel. That one packet is why under TLS a rest is never followed by another: the chunk after it
 * is the large one.
 */
import type { Socket } from 'node:net'
import type { Connection } from '../connect.ts'
import { socketOf } from '../connect.ts'
import { sourceError } from '../source-error.ts'
import type { Inbox } from './inbox.ts'

const REST_MS = 1
/** A chunk of at least this size shows that the kernel had gathered enough by itself. */
const REST_BELOW_BYTES = 32_768
/** And so much in a rest, that the next one might let the inbox overflow and the server wait. */
const REST_AGAIN_BELOW_BYTES = 98_304
/** Status messages are small; when this many bytes wait, the server does not read, and more would not help. */
const WRITE_BYTES_MAX = 65_536
const FAREWELL_MS_MAX = 2000
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4])

export class RawConnection {
  readonly #connection: Connection
  readonly #socket: Socket
  readonly #inbox: Inbox | null
  /** Bytes that lie in the inbox and were not read yet. */
  #received = 0
  #wake: (() => void) | null = null
  #ended = false
  #stopped = false
  #isRestDue = false

  constructor(connection: Connection) {
    this.#connection = connection
    this.#socket = socketOf(connection.client)
    this.#inbox = connection.inbox
    this.#socket.removeAllListeners('data')
    if (this.#inbox === null) this.#socket.on('readable', () => this.#awake())
    else
      this.#inbox.take((bytes) => {
        this.#received = bytes
        this.#awake()
      })
    this.#socket.on('end', () => this.#end())
    this.#socket.on('close', () => this.#end())
    this.#socket.on('error', () => this.#end())
  }

  /** Sends a command of the simple protocol. */
  query(sql: string): void {
    const text = Buffer.from(`${sql}\0`)
    const frame = Buffer.allocUnsafe(text.length + 5)
    frame[0] = 0x51
    frame.writeInt32BE(text.length + 4, 1)
    text.copy(frame, 5)
    this.#socket.write(frame)
  }

  /** False where the server has not taken what was sent before; then nothing is sent. */
  send(frame: Buffer): boolean {
    if (!this.#socket.writable || this.#socket.writableLength > WRITE_BYTES_MAX) return false
    this.#socket.write(frame)
    return true
  }

  /** The next bytes; null once the connection has ended. One reader at a time, and only until the next call do they hold. */
  async read(): Promise<Buffer | null> {
    const rested = this.#isRestDue
    if (rested) await this.#waitFor(REST_MS)
    for (;;) {
      const chunk = this.#stopped ? null : this.#next()
      if (chunk !== null) {
        const again = this.#inbox === null ? 0 : REST_AGAIN_BELOW_BYTES
        this.#isRestDue = chunk.length < (rested ? again : REST_BELOW_BYTES)
        return chunk
      }
      if (this.#ended) return null
      await this.#waitFor(null)
    }
  }

  #next(): Buffer | null {
    if (this.#inbox === null) return this.#socket.read() as Buffer | null
    const bytes = this.#received
    this.#received = 0
    if (bytes > 0) return this.#inbox.buffer.subarray(0, bytes)
    if (!this.#ended) this.#socket.resume()
    return null
  }

  /** Reading ends, with null; what must still be told can be sent. */
  stop(): void {
    this.#stopped = true
    this.#end()
  }

  /** Takes leave: what was sent arrives, then the server lets the connection and its slot go. Resolves when it has. */
  async finish(): Promise<void> {
    this.#end()
    const left = new Promise<void>((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve())
    })
    this.#socket.end(TERMINATE)
    this.#socket.removeAllListeners('readable')
    if (this.#inbox === null) this.#socket.resume()
    else this.#inbox.drop()
    setTimeout(() => this.#connection.close(), FAREWELL_MS_MAX).unref()
    await left
  }

  close(): void {
    this.#end()
    this.#connection.close()
  }

  /** The error for an end that nobody asked for. */
  async lost(): Promise<never> {
    this.close()
    return this.#connection.lost.catch((error: unknown) => {
      throw sourceError(error, this.#connection.address, 'connected')
    })
  }

  /** Until bytes are there or the connection ends; a rest ends by the clock. */
  async #waitFor(restMs: number | null): Promise<void> {
    if (this.#ended) return
    await new Promise<void>((resolve) => {
      if (restMs === null) this.#wake = resolve
      else setTimeout(resolve, restMs)
    })
  }

  #end(): void {
    this.#ended = true
    this.#awake()
  }

  #awake(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}
