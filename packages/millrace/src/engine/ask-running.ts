import { MillraceError } from '@millrace/base'
import { type ErrorBody, INTENT_HEADER } from '@millrace/serve'

export interface Question {
  readonly method?: 'GET' | 'POST'
  readonly body?: object
}

/** Asks this project's running process, which listens where its run file says. */
export async function askRunning<Answer>(url: string, path: string, { method = 'GET', body }: Question = {}): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: { [INTENT_HEADER]: 'cli' },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    throw new MillraceError('NOT_RUNNING', { cause, details: { store: url } })
  }
  const answer = (await response.json()) as Answer | ErrorBody
  if (response.ok) return answer as Answer
  const { code, message } = answer as ErrorBody
  throw new MillraceError('REQUEST_REFUSED', { details: { url, code, message } })
}
