/**
 * A WebSocket. `ws` shakes hands, answers pings and closes; what is told to many goes to the socket as
 * frames that were made once. Both write whole frames only, so that they do not cut into each other.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { FAREWELL_MS, type Line } from './line.ts'
import type { Message } from './message.ts'

/** Of RFC 6455, 7.4.1: the server goes away. */
const GOING_AWAY = 1001

export class WebSocketLine implements Line {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket
    this.#socket = socket
    // A broken line is told by its `close`.
    webSocket.on('error', () => undefined)
  }

  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  open(): void {
    // The handshake has been answered already.
  }

  write(messages: readonly Message[]): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    if (messages.length > 1) this.#socket.cork()
    for (const message of messages) this.#socket.write(message.frame)
    if (messages.length > 1) this.#socket.uncork()
  }

  end(message: Message): void {
    this.write([message])
    this.#webSocket.close(GOING_AWAY)
    setTimeout(() => this.#webSocket.terminate(), FAREWELL_MS).unref()
  }

  destroy(): void {
    this.#webSocket.terminate()
  }

  onDrain(listener: () => void): void {
    this.#socket.on('drain', listener)
  }

  onClose(listener: () => void): void {
    this.#webSocket.once('close', listener)
  }
}
