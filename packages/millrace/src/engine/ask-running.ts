import { MillraceError } from '@millrace/base'
import { type ErrorBody, INTENT_HEADER } from '@millrace/serve'

/** Asks this project's running process, which listens where its run file says. */
export async function askRunning<Answer>(url: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(new URL(path, url), { method, headers: { [INTENT_HEADER]: 'cli' }, signal: AbortSignal.timeout(30_000) })
  } catch (cause) {
    throw new MillraceError('NOT_RUNNING', { cause, details: { store: url } })
  }
  const body = (await response.json()) as Answer | ErrorBody
  if (response.ok) return body as Answer
  const { code, message } = body as ErrorBody
  throw new MillraceError('REQUEST_REFUSED', { details: { url, code, message } })
}
