/**
 * An answer whose body is read as it comes: for objects that are larger than memory. The deadline covers
 * the way to the status line; from there on the far side must only never be silent for longer than it.
 */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { MillraceError } from '@millrace/base'
import type { DoorRequest } from './door.ts'
import { doorError } from './door-error.ts'

export interface DoorStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** To be read once, or left with `close`. Raises DOOR_UNREACHABLE where it breaks off, DOOR_TIMEOUT where nothing comes. */
  readonly body: AsyncIterable<Uint8Array>
  /** Lets go of the connection, whether or not the body was read. */
  close(): void
}

/** Resolves with the status line; `ended` is called once, when nothing of the exchange is left. */
export function openStream(client: ClientRequest, host: string, request: DoorRequest, ended: () => void): Promise<DoorStream> {
  const { timeoutMs, signal, body } = request
  const silent = (): void => void client.destroy(new MillraceError('DOOR_TIMEOUT', { details: { host, timeoutMs } }))
  const onAbort = (): void => void client.destroy(signal?.reason as Error)
  const timer = setTimeout(silent, timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  client.once('close', () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    ended()
  })
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown): void => {
      reject(signal?.aborted === true ? (signal.reason as Error) : doorError(cause, { host, timeoutMs }))
    }
    client.on('error', failed)
    client.once('close', () => failed(new MillraceError('DOOR_UNREACHABLE', { details: { host, reason: 'closed without an answer' } })))
    client.once('response', (response: IncomingMessage) => {
      clearTimeout(timer)
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: pieces(client, response, { host, timeoutMs, signal }),
        close: () => void client.destroy(),
      })
    })
    if (signal?.aborted === true) onAbort()
    else client.end(body)
  })
}

interface Watched {
  readonly host: string
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** The timer runs only while the far side is waited for, never while the caller works on a piece. */
async function* pieces(client: ClientRequest, response: IncomingMessage, watched: Watched): AsyncGenerator<Uint8Array> {
  const { host, timeoutMs, signal } = watched
  const late = new MillraceError('DOOR_TIMEOUT', { details: { host, timeoutMs } })
  const silence = (): NodeJS.Timeout => setTimeout(() => void response.destroy(late), timeoutMs)
  let timer = silence()
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      clearTimeout(timer)
      yield piece
      timer = silence()
    }
    if (!response.complete) throw new MillraceError('DOOR_UNREACHABLE', { details: { host, reason: 'the answer broke off' } })
  } catch (cause) {
    if (signal?.aborted === true) throw signal.reason
    throw doorError(cause, { host, timeoutMs })
  } finally {
    clearTimeout(timer)
    if (!response.complete) client.destroy()
  }
}
