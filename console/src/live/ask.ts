import type { ErrorBody } from '@millrace/serve/api'

/** What the server answered instead of data. */
export class AskError extends Error {
  readonly code: string
  readonly hint: string

  constructor({ code, message, hint }: Pick<ErrorBody, 'code' | 'message' | 'hint'>) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

export interface AskOptions {
  readonly method?: 'GET' | 'POST'
  /** Sent as JSON. */
  readonly body?: object
  readonly signal?: AbortSignal
}

/** One request to the API. Raises AskError with the server's own words. */
export async function ask<Answer>(path: string, { method = 'GET', body, signal }: AskOptions = {}): Promise<Answer> {
  const sent = body === undefined ? null : JSON.stringify(body)
  const response = await fetch(path, { method, body: sent, signal: signal ?? null, headers: { 'x-millrace': 'console' } }).catch(
    (cause: unknown) => {
      if (signal?.aborted === true) throw cause
      throw new AskError({ code: 'UNREACHABLE', message: 'Millrace does not answer.', hint: 'Look whether `millrace start` still runs.' })
    },
  )
  const answer = (await response.json()) as Answer | ErrorBody
  if (response.ok) return answer as Answer
  throw new AskError(answer as ErrorBody)
}

/** A path with its parts encoded. */
export function pathOf(parts: readonly string[], query: Readonly<Record<string, string | number>> = {}): string {
  const words = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString()
  return `/api/${parts.map(encodeURIComponent).join('/')}${words === '' ? '' : `?${words}`}`
}
