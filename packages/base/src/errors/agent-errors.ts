/** Agents and their door. */
import type { ErrorEntry } from './error-entry.ts'

export const AGENT_ERRORS = {
  SCHEMA_INCOMPATIBLE: {
    summary: 'The schema of {stream} cannot become what is declared: {what}.',
    hint: 'Declare it so that what was written before can still be read (add columns that may be null, widen numbers), or give the new shape a new name in `streams`; then run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  AGENT_EVENT_MISFIT: {
    summary: 'An event of {stream} does not fit its schema.',
    hint: 'Run `millrace parked {stream}` to see what is wrong with it, and mend it there or correct the application.',
    retry: 'after-fix',
    exit: 1,
  },
  AGENT_TOKEN_UNKNOWN: {
    summary: 'The request carries no token that is known here.',
    hint: 'Give the agent the `token` of its team, as millrace.config.ts names it.',
    retry: 'after-fix',
    exit: 4,
  },
  AGENT_SCHEMA_UNKNOWN: {
    summary: 'There is no such schema for the team of this token.',
    hint: 'Declare the stream under `teams` of the source in millrace.config.ts; `millrace status` shows what is declared.',
    retry: 'after-fix',
    exit: 4,
  },
  AGENT_SCHEMAS_BUSY: {
    summary: 'More than {limit} ask for schemas at once; this request is turned away.',
    hint: 'It is made again by itself after `Retry-After`. Start further replicas, or a cache in front, if it lasts.',
    retry: 'backoff',
    exit: 1,
  },
  AGENT_DOOR_BUSY: {
    summary: 'The door for agents has its hands full ({what}); this request is turned away.',
    hint: 'It is made again by itself after `Retry-After`. If it lasts, see `millrace status` for what holds the log back.',
    retry: 'backoff',
    exit: 1,
  },
  AGENT_BATCH_UNREADABLE: {
    summary: 'A batch of events cannot be read: {problem}.',
    hint: 'Use `@millrace/agent` to send it; nothing of it was taken.',
    retry: 'never',
    exit: 1,
  },
  AGENT_BATCH_TOO_LARGE: {
    summary: 'A batch of events has more than {limit} bytes.',
    hint: 'Lower `batchBytesMax` of the agent; nothing of it was taken.',
    retry: 'never',
    exit: 1,
  },
  AGENT_TLS_INVALID: {
    summary: 'The door for agents cannot use its certificate: {problem}.',
    hint: 'Correct `sources.{source}.tls` in millrace.config.ts and run `millrace doctor`.',
    retry: 'after-fix',
    exit: 4,
  },
} as const satisfies Record<string, ErrorEntry>
