/**
 * Subscriptions over WebSocket, at the address of the same subscription as an event stream. What is wrong
 * with a request is told as the one message of a WebSocket that then closes: a page cannot read the answer
 * to a handshake that was refused.
 */
import { describeError, MillraceError } from '@millrace/base'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { checkHost, checkIntent, checkOrigin } from '../gatekeeper.ts'
import { invalid } from '../request.ts'
import { match, type Route } from '../router.ts'
import { Message } from './message.ts'
import type { ReadingDesk } from './reading-desk.ts'
import { WebSocketLine } from './web-socket-line.ts'

/** A subscriber has nothing to say but pings and its farewell. */
const MESSAGE_BYTES_LIMIT = 1_024

export class WebSocketDoor {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_LIMIT, perMessageDeflate: false })
  readonly #desk: ReadingDesk
  readonly #host: string

  constructor(desk: ReadingDesk, host: string) {
    this.#desk = desk
    this.#host = host
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined)
    try {
      const url = URL.parse(`http://server${request.url ?? '/'}`)
      if (url === null) throw invalid('/', 'it is not a path', 'the path')
      checkHost(request, this.#host)
      checkIntent(request, url.pathname)
      checkOrigin(request, url.pathname)
      const pattern: Route = { method: 'GET', pattern: '/api/models/:name/changes', answer: () => undefined }
      const found = match([pattern], {
        method: 'GET',
        url,
        body: () => Promise.reject(invalid(url.pathname, 'it has no body', 'the body')),
      })
      if (found === null) throw new MillraceError('HTTP_PATH_UNKNOWN', { details: { method: 'GET', path: url.pathname } })
      this.#server.handleUpgrade(request, socket, head, (webSocket) => void this.#subscribe(webSocket, socket, found.request))
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      const body = JSON.stringify(error)
      socket.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
    }
  }

  /** Cuts off whoever has not said farewell. */
  close(): void {
    for (const webSocket of this.#server.clients) webSocket.terminate()
  }

  async #subscribe(webSocket: WebSocket, socket: Duplex, request: Parameters<ReadingDesk['subscribe']>[1]): Promise<void> {
    const line = new WebSocketLine(webSocket, socket)
    try {
      await this.#desk.subscribe(request.parameters['name'] ?? '', request, {
        lastSeen: null,
        open: () => (webSocket.readyState === webSocket.OPEN ? line : null),
      })
    } catch (error) {
      const told = error instanceof MillraceError ? error : { code: 'DEFECT', message: describeError(error), retry: 'never' }
      line.end(new Message(JSON.stringify({ type: 'end', position: null, error: told })))
    }
  }
}
