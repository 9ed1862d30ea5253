/** Deliveries. */
import type { ErrorEntry } from './error-entry.ts'

export const DELIVERY_ERRORS = {
  DELIVERY_SECRET_INVALID: {
    summary: 'The secret of the delivery {delivery} is not valid: {problem}.',
    hint: 'Give `secret` a value of the form whsec_ and then 24 to 64 bytes in base64; without `secret` one is made for you.',
    retry: 'after-fix',
    exit: 4,
  },
  DELIVERY_DISABLED: {
    summary: 'The delivery {delivery} is disabled: its endpoint answered 410 Gone.',
    hint: 'Once the endpoint is back, run `millrace deliveries {delivery} --enable`. Nothing is lost; changes wait in the log.',
    retry: 'after-fix',
    exit: 1,
  },
  DELIVERY_STATUS: {
    summary: 'The endpoint answered {status}.',
    hint: 'It is tried again by itself. Run `millrace deliveries {delivery}` to see the attempts and what was answered.',
    retry: 'backoff',
    exit: 1,
  },
  DELIVERY_EVENT_TOO_LARGE: {
    summary: 'A change of {stream} (partition {partition}, position {position}) makes a body of {bytes} bytes; {limit} are sent at most.',
    hint: 'The change is parked and its neighbours flow on. Deliver `from` a model that selects fewer columns.',
    retry: 'never',
    exit: 1,
  },
  DELIVERY_EVENT_GONE: {
    summary: 'A change of {stream} (partition {partition}, position {position}) is no longer kept in the log.',
    hint: 'The event is parked. Raise `streams.{stream}.retentionHours` in millrace.config.ts above the longest outage to survive.',
    retry: 'never',
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>
