/** How the door answers: what is wrong in our words, and when to come back. */
import { type ErrorCode, MillraceError } from '@millrace/base'
import type { ServerResponse } from 'node:http'

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  AGENT_BATCH_UNREADABLE: 400,
  AGENT_TOKEN_UNKNOWN: 401,
  AGENT_SCHEMA_UNKNOWN: 404,
  HTTP_PATH_UNKNOWN: 404,
  AGENT_BATCH_TOO_LARGE: 413,
}

export function sendBody(response: ServerResponse, body: Buffer, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length, ...headers })
  response.end(body)
}

/** All that may pass by itself, and every defect, asks the agent to come back: what it has is kept there. */
export function sendAgentError(response: ServerResponse, error: unknown, retryAfterMs: () => number): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const known = error instanceof MillraceError ? error : null
  const status = (known === null ? undefined : STATUS[known.code]) ?? 503
  const headers: Record<string, string> = { 'cache-control': 'no-store' }
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  // In whole seconds, as the header has it.
  if (status === 503) headers['retry-after'] = String(Math.ceil(retryAfterMs() / 1000))
  // What is left of a body that was refused is not read.
  if (status !== 404 && status !== 503) headers['connection'] = 'close'
  const { code, message, hint } = known ?? { code: 'DEFECT', message: 'The request failed in a way that it must not.', hint: '' }
  const body = Buffer.from(JSON.stringify({ code, message, hint }))
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length, ...headers })
  response.end(body)
}
