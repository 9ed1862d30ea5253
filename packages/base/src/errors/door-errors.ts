/** The door out. */
import type { ErrorEntry } from './error-entry.ts'

export const DOOR_ERRORS = {
  DOOR_URL_INVALID: {
    summary: 'A request cannot be sent: {problem}.',
    hint: 'Correct the `url` in millrace.config.ts, or the secret that it refers to.',
    retry: 'after-fix',
    exit: 4,
  },
  DOOR_ALLOW_INSIDE_INVALID: {
    summary: '`allowInside` holds {entry}, which is neither an address nor a range of addresses.',
    hint: "Write it as `'127.0.0.1'`, `'10.0.0.0/8'`, `'fd00::/8'` or `'localhost'` in `allowInside` of millrace.config.ts.",
    retry: 'after-fix',
    exit: 4,
  },
  DOOR_ADDRESS_REFUSED: {
    summary: '{host} leads to the inside address {address}, where requests are not sent.',
    hint: "If that is meant, add `'{address}'` to `allowInside` in millrace.config.ts.",
    retry: 'after-fix',
    exit: 4,
  },
  DOOR_UNREACHABLE: {
    summary: '{host} could not be reached: {reason}.',
    hint: 'It is tried again by itself. Check that {host} is up and that `url` in millrace.config.ts names it rightly.',
    retry: 'backoff',
    exit: 5,
  },
  DOOR_TLS_REFUSED: {
    summary: '{host} could not prove who it is: {reason}.',
    hint: "Renew the certificate of {host}, or start Millrace with `NODE_EXTRA_CA_CERTS` set to your own authority's file. It is tried again by itself.",
    retry: 'backoff',
    exit: 5,
  },
  DOOR_TIMEOUT: {
    summary: '{host} did not answer within {timeoutMs} ms.',
    hint: 'It is tried again by itself. Let {host} answer before it works, or raise `timeoutMs` in millrace.config.ts.',
    retry: 'backoff',
    exit: 5,
  },
  DOOR_RESPONSE_TOO_LARGE: {
    summary: 'The headers of the answer from {host} are larger than is read.',
    hint: 'It is tried again by itself. Let {host} answer with fewer or shorter headers; `millrace deliveries` shows what waits.',
    retry: 'backoff',
    exit: 5,
  },
  DOOR_RESPONSE_INVALID: {
    summary: '{host} did not answer in HTTP: {reason}.',
    hint: 'It is tried again by itself. Check the port and the scheme of `url` in millrace.config.ts.',
    retry: 'backoff',
    exit: 5,
  },
  DOOR_BUSY: {
    summary: 'A request to {host} waits: {limit} requests are already under way.',
    hint: 'It is tried again by itself. Lower `concurrency` of the deliveries in millrace.config.ts if it lasts.',
    retry: 'backoff',
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>
