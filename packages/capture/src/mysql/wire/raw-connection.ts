/**
 * A connection whose bytes are read without `mysql2`. `mysql2` made it, authenticated and ran the
 * statements before; from the first raw command on, its parser is taken off the socket, because an object
 * per packet costs more than all else.
 *
 * Reading is pulled: the socket is paused while more than `HELD_BYTES_MAX` wait, so the kernel's buffer
 * fills and the server waits (law 8).
 */
import type { Socket } from 'node:net'
import type { Connection } from '../connect.ts'
import { socketOf } from '../connect.ts'
import { sourceError } from '../source-error.ts'

const HELD_BYTES_MAX = 1_000_000
const COMMAND = { QUERY: 0x03, DUMP: 0x12, DUMP_GTID: 0x1e } as const

export interface DumpRequest {
  readonly serverId: number
  /** The encoded set of MySQL; null where the session's variables tell the place (MariaDB). */
  readonly gtidSet: Buffer | null
}

export class RawConnection {
  readonly #connection: Connection
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #heldBytes = 0
  #wake: (() => void) | null = null
  #ended = false
  #stopped = false

  constructor(connection: Connection) {
    this.#connection = connection
    this.#socket = socketOf(connection.client)
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#socket.on('end', () => this.#end())
    this.#socket.on('close', () => this.#end())
    this.#socket.on('error', () => this.#end())
  }

  query(sql: string): void {
    this.#send(COMMAND.QUERY, Buffer.from(sql))
  }

  /** Asks for the binlog: from now on the server sends one event a packet. */
  dump({ serverId, gtidSet }: DumpRequest): void {
    if (gtidSet === null) {
      const body = Buffer.alloc(10)
      body.writeUInt32LE(4, 0)
      body.writeUInt32LE(serverId, 6)
      return this.#send(COMMAND.DUMP, body)
    }
    const body = Buffer.alloc(22)
    // The flag says that the place is told by the set.
    body.writeUInt16LE(4, 0)
    body.writeUInt32LE(serverId, 2)
    body.writeBigUInt64LE(4n, 10)
    body.writeUInt32LE(gtidSet.length, 18)
    this.#send(COMMAND.DUMP_GTID, Buffer.concat([body, gtidSet]))
  }

  /** The next bytes; null once the connection has ended. One reader at a time. */
  async read(): Promise<Buffer | null> {
    for (;;) {
      if (this.#stopped) return null
      if (this.#heldBytes > 0) {
        const chunk = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
        this.#chunks = []
        this.#heldBytes = 0
        if (this.#socket.isPaused()) this.#socket.resume()
        return chunk
      }
      if (this.#ended) return null
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Reading ends, with null. */
  stop(): void {
    this.#stopped = true
    this.#awake()
  }

  close(): void {
    this.#end()
    this.#connection.close()
  }

  /** The error for an end that nobody asked for. */
  async lost(): Promise<never> {
    this.close()
    throw sourceError(new Error('the connection ended'), this.#connection.address, 'connected')
  }

  #send(command: number, body: Buffer): void {
    const frame = Buffer.allocUnsafe(body.length + 5)
    frame.writeUIntLE(body.length + 1, 0, 3)
    frame[3] = 0
    frame[4] = command
    body.copy(frame, 5)
    this.#socket.write(frame)
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes > HELD_BYTES_MAX) this.#socket.pause()
    this.#awake()
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
