/**
 * Where the bytes of a connection arrive that is read as fast as it brings them: in one buffer, used again for
 * each read. Node would make a new one of 64 KiB each time, which is most of what there is to collect. Until it is
 * taken, whoever listens to the socket gets a copy, as from any socket.
 */
import { Socket, type SocketConstructorOpts } from 'node:net'

const BYTES = 262_144

export class Inbox {
  readonly buffer: Buffer = Buffer.allocUnsafeSlow(BYTES)
  readonly socket: Socket
  #onBytes: ((bytes: number) => void) | null = null
  #isDropped = false

  constructor(options: SocketConstructorOpts) {
    this.socket = new Socket({
      ...options,
      onread: {
        buffer: this.buffer,
        callback: (bytes) => {
          if (this.#isDropped) return true
          if (this.#onBytes === null) return this.socket.emit('data', Buffer.from(this.buffer.subarray(0, bytes)))
          this.#onBytes(bytes)
          return false
        },
      },
    })
  }

  /** From now on `onBytes` is told how many bytes lie in the buffer; they hold until the socket is resumed. */
  take(onBytes: (bytes: number) => void): void {
    this.#onBytes = onBytes
  }

  /** Whatever still comes is dropped, so that the far side can end. */
  drop(): void {
    this.#isDropped = true
    this.socket.resume()
  }
}
