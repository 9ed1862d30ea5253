/**
 * Server-sent events. The answer has no length and no chunks: it ends with its connection, so that the
 * same bytes can be written to every subscriber's socket.
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { FAREWELL_MS, type Line } from './line.ts'
import type { Message } from './message.ts'

export class EventStreamLine implements Line {
  readonly #response: ServerResponse
  readonly #socket: Socket

  constructor(response: ServerResponse, socket: Socket) {
    this.#response = response
    this.#socket = socket
  }

  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  open(): void {
    this.#response.useChunkedEncodingByDefault = false
    this.#response.shouldKeepAlive = false
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'close',
    })
    this.#response.flushHeaders()
    this.#socket.setNoDelay(true)
  }

  write(messages: readonly Message[]): void {
    if (this.#socket.destroyed) return
    if (messages.length > 1) this.#socket.cork()
    for (const message of messages) this.#socket.write(message.event)
    if (messages.length > 1) this.#socket.uncork()
  }

  end(message: Message): void {
    if (this.#socket.destroyed) return
    this.#socket.write(message.event)
    this.#response.end()
    setTimeout(() => this.#socket.destroy(), FAREWELL_MS).unref()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  onDrain(listener: () => void): void {
    this.#socket.on('drain', listener)
  }

  onClose(listener: () => void): void {
    this.#socket.once('close', listener)
  }
}
