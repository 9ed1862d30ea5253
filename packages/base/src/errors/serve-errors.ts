/** Watch and serve. */
import type { ErrorEntry } from './error-entry.ts'

export const SERVE_ERRORS = {
  DELIVERY_UNKNOWN: {
    summary: 'There is no delivery named {name}.',
    hint: 'Run `millrace status` to see the names.',
    retry: 'never',
    exit: 1,
  },
  EVENT_UNKNOWN: {
    summary: 'The delivery {delivery} has no event {id}.',
    hint: 'Run `millrace deliveries {delivery}` to see its events.',
    retry: 'never',
    exit: 1,
  },
  HTTP_PATH_UNKNOWN: {
    summary: 'There is nothing at {method} {path}.',
    hint: 'Open the console at `/`, or begin with `/api/overview` and `/api/graph`.',
    retry: 'never',
    exit: 1,
  },
  HTTP_REQUEST_INVALID: {
    summary: 'The request to {path} is not valid: {problem}.',
    hint: 'Correct `{place}` and send the request again.',
    retry: 'never',
    exit: 64,
  },
  HTTP_HOST_REFUSED: {
    summary: 'The request names the host {host}, which this server does not answer for.',
    hint: 'Use the address that `millrace start` prints, or set `server.host` in millrace.config.ts to the name that you use.',
    retry: 'after-fix',
    exit: 4,
  },
  HTTP_ORIGIN_REFUSED: {
    summary: 'The request to {path} was made by a page from elsewhere, or does not say that it is meant.',
    hint: 'Use the console itself; from a script, send the header `x-millrace: 1`.',
    retry: 'never',
    exit: 1,
  },
  FEED_FULL: {
    summary: 'All {limit} places of the live feed are taken.',
    hint: 'Close other tabs of the console, or ask `/api/overview` from time to time; the page tries again by itself.',
    retry: 'backoff',
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>
