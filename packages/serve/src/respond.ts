import { describeError, type ErrorCode, MillraceError } from '@millrace/base'
import type { ServerResponse } from 'node:http'
import type { ErrorBody } from './api.ts'

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  HTTP_REQUEST_INVALID: 400,
  HTTP_ORIGIN_REFUSED: 403,
  HTTP_PATH_UNKNOWN: 404,
  STREAM_UNKNOWN: 404,
  DELIVERY_UNKNOWN: 404,
  EVENT_UNKNOWN: 404,
  HTTP_HOST_REFUSED: 421,
  FEED_FULL: 503,
  READ_MODEL_UNKNOWN: 404,
  READ_MODEL_FILLING: 503,
  READ_POSITION_GONE: 410,
  READ_FILTER_INVALID: 400,
  READ_FILTER_FAILED: 422,
  READ_INDEX_MISSING: 400,
  READ_SUBSCRIBERS_FULL: 503,
  READ_ROWS_TOO_MANY: 503,
  READ_HISTORY_TRIMMED: 503,
  READ_SERVER_CLOSED: 503,
  ENDPOINT_UNKNOWN: 404,
  ENDPOINT_PARAMETER: 400,
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-store',
  })
  response.end(bytes)
}

export function sendText(response: ServerResponse, text: string, contentType: string, status = 200): void {
  const bytes = Buffer.from(text)
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length, 'cache-control': 'no-store' })
  response.end(bytes)
}

/** An error of ours says what it is and the way out; any other is a defect, and only its name leaves. */
export function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  if (error instanceof MillraceError) return sendJson(response, error.toJSON(), STATUS[error.code] ?? 500)
  const body: ErrorBody = {
    code: 'DEFECT',
    message: `The request failed in a way that it must not: ${describeError(error)}`,
    hint: 'Nothing was changed. Please report it with what `millrace doctor` prints.',
    retry: 'never',
  }
  sendJson(response, body, 500)
}
