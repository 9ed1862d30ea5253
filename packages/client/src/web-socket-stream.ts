/**
 * The messages of one WebSocket. A WebSocket cannot be asked to wait: what the caller has not taken is
 * kept up to a bound, and beyond it the line is closed, to be resumed from the last position taken.
 */
import { lineError } from './read-error.ts'
import type { ServerMessage } from './server-message.ts'

export interface WebSocketStreamOptions {
  readonly url: string
  readonly signal: AbortSignal
  readonly onSign: () => void
}

const WAITING_LENGTH_LIMIT = 16_777_216

export async function* webSocketStream({ url, signal, onSign }: WebSocketStreamOptions): AsyncGenerator<ServerMessage, void, undefined> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'))
  const waiting: string[] = []
  let waitingLength = 0
  let ended: { readonly cause: unknown } | null = null
  let wake: (() => void) | null = null
  const end = (cause: unknown): void => {
    ended ??= { cause }
    wake?.()
  }
  socket.addEventListener('message', ({ data }) => {
    onSign()
    waiting.push(String(data))
    waitingLength += String(data).length
    if (waitingLength > WAITING_LENGTH_LIMIT) {
      end('more came than was taken')
      socket.close()
    }
    wake?.()
  })
  socket.addEventListener('close', () => end('it was closed'))
  socket.addEventListener('error', () => end('it could not be opened, or failed'))
  const onAbort = (): void => end(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      const text = signal.aborted ? undefined : waiting.shift()
      if (text !== undefined) {
        waitingLength -= text.length
        yield JSON.parse(text) as ServerMessage
      } else if (ended !== null) throw lineError(url, (ended as { readonly cause: unknown }).cause)
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.close()
  }
}
