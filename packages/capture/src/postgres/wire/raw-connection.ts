/**
 * A connection whose bytes are read without `pg`. `pg` made it and authenticated; from the first COPY or
 * stream on, its parser is taken off the socket, because an object per message costs more than all else.
 *
 * Reading is pulled: whoever does not call `read` lets the kernel's buffer fill and the server wait. And
 * it is unhurried: the server sends each change as a packet of its own, so after a small chunk the socket
 * rests for a moment and the kernel gathers the next ones. Measured on loopback, 233-byte changes: a
 * system call per change costs 4.3 s of processor time per million, resting costs 0.8 s, and no throughput.
 * Where the kernel hands over one packet at a time however long one rests (seen once, under memory
 * pressure: 956 changes/s), resting would be the brake: a rest that gathered nothing suspends it for a while.
 */
import type { Socket } from 'node:net'
import type { Connection } from '../connect.ts'
import { socketOf } from '../connect.ts'
import { sourceError } from '../source-error.ts'

const REST_MS = 1
/** A chunk of at least this size shows that the kernel had gathered enough. */
const REST_BELOW_BYTES = 32_768
/** A rest that gathered less than this was in vain, and the next so many small chunks are read without one. */
const REST_PAYS_BYTES = 2048
const RESTS_SUSPENDED = 256
/** Status messages are small; when this many bytes wait, the server does not read, and more would not help. */
const WRITE_BYTES_MAX = 65_536
const FAREWELL_MS_MAX = 2000
const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4])

export class RawConnection {
  readonly #connection: Connection
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #wake: (() => void) | null = null
  #ended = false
  #restTimer: NodeJS.Timeout | null = null
  #rested = false
  #withoutRest = 0

  constructor(connection: Connection) {
    this.#connection = connection
    this.#socket = socketOf(connection.client)
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#socket.on('close', () => this.#end())
    this.#socket.on('error', () => this.#end())
    this.#socket.pause()
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

  /** The next bytes; null once the connection has ended. One reader at a time. */
  async read(): Promise<Buffer | null> {
    if (this.#chunks.length === 0 && !this.#ended) {
      if (this.#restTimer === null) this.#socket.resume()
      await new Promise<void>((wake) => (this.#wake = wake))
    }
    return this.#chunks.shift() ?? null
  }

  /** Reading ends, with null; what must still be told can be sent. */
  stop(): void {
    this.#chunks = []
    this.#end()
  }

  /** Takes leave: what was sent arrives, then the server lets the connection and its slot go. */
  finish(): void {
    this.#end()
    this.#socket.end(TERMINATE)
    this.#socket.resume()
    setTimeout(() => this.#connection.close(), FAREWELL_MS_MAX).unref()
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

  #receive(chunk: Buffer): void {
    this.#socket.pause()
    this.#chunks.push(chunk)
    if (this.#rested && chunk.length < REST_PAYS_BYTES) this.#withoutRest = RESTS_SUSPENDED
    this.#rested = false
    if (this.#withoutRest > 0) this.#withoutRest -= 1
    else if (chunk.length < REST_BELOW_BYTES) this.#restTimer = setTimeout(() => this.#endRest(), REST_MS)
    this.#awake()
  }

  #endRest(): void {
    this.#restTimer = null
    this.#rested = true
    if (this.#wake !== null && this.#chunks.length === 0) this.#socket.resume()
  }

  #end(): void {
    this.#ended = true
    if (this.#restTimer !== null) clearTimeout(this.#restTimer)
    this.#awake()
  }

  #awake(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}
