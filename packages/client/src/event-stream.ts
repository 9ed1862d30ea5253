/** The messages of one answer of server-sent events. Reading goes no faster than the caller takes them. */
import { errorOf, lineError } from './read-error.ts'
import type { ServerMessage } from './server-message.ts'

export interface EventStreamOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof fetch
  readonly signal: AbortSignal
  /** Called whenever anything comes. */
  readonly onSign: () => void
}

export async function* eventStream(options: EventStreamOptions): AsyncGenerator<ServerMessage, void, undefined> {
  const { url, headers, signal, onSign } = options
  const response = await options.fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal }).catch((cause: unknown) => {
    throw lineError(url, cause)
  })
  if (!response.ok || response.body === null) throw await errorOf(response)
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const pieces: string[] = []
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw lineError(url, cause)
      })
      if (done) return
      onSign()
      const lines = decoder.decode(value, { stream: true }).split('\n')
      // A line that is not whole yet waits in pieces: joined once, however many there are.
      const unfinished = lines.pop() ?? ''
      for (const [at, line] of lines.entries()) {
        const whole = at === 0 ? pieces.splice(0).join('') + line : line
        if (whole.startsWith('data:')) yield JSON.parse(whole.slice(5)) as ServerMessage
      }
      if (unfinished !== '') pieces.push(unfinished)
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
