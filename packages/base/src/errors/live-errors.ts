/** SQL and live models. */
import type { ErrorEntry } from './error-entry.ts'

export const LIVE_ERRORS = {
  SQL_PARSE: {
    summary: '{file}:{line}:{column}: the SQL of {model} cannot be read: {problem}.',
    hint: 'Correct {file} at line {line} and run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  SQL_BIND: {
    summary: '{file}:{line}:{column}: the SQL of {model} does not fit what it reads: {problem}.',
    hint: 'Correct {file} at line {line} and run `millrace check`; `millrace status` shows the streams.',
    retry: 'after-fix',
    exit: 4,
  },
  SQL_UNSUPPORTED: {
    summary: '{file}:{line}:{column}: {construct} cannot be kept live exactly, so {model} is refused.',
    hint: '{instead} Then run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  MODEL_CYCLE: {
    summary: 'Models read each other in a circle: {circle}.',
    hint: 'Take one of these references out of {file} and run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  MODEL_NAME_TAKEN: {
    summary: '{file}: the name {model} is already taken by {other}.',
    hint: 'Rename {file} and run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  LIVE_EVALUATION: {
    summary: '{model} has no answer for the present rows: {problem} ({file}:{line}:{column}).',
    hint: 'Correct the row at its source, or guard the expression in `{file}`. The model is retried by itself; the others go on.',
    retry: 'after-fix',
    exit: 1,
  },
  LIVE_HISTORY_TRIMMED: {
    summary: 'Live models over {stream} cannot be filled: its changes before position {first} were dropped by its retention.',
    hint: 'Lengthen `streams.{stream}.retentionHours` in millrace.config.ts, and name a new `store` there, so that the sources are read anew.',
    retry: 'after-fix',
    exit: 1,
  },
  LIVE_SCHEMA_CHANGED: {
    summary: 'Live models read {stream}.{column} as {expected}, but the stream now holds {found}.',
    hint: 'Change the models that read it to fit the stream, run `millrace check` and start again.',
    retry: 'after-fix',
    exit: 1,
  },
  LIVE_SCRATCH_IO: {
    summary: 'State of live models that does not fit into memory cannot be moved to or from a scratch file in {folder}: {problem}.',
    hint: 'Make room in {folder}, name another folder by the environment variable TMPDIR, or raise `live.memory` in millrace.config.ts.',
    retry: 'backoff',
    exit: 1,
  },
  LIVE_WORKER_LOST: {
    summary: 'A worker thread of the live models is lost, and what it remembered with it: {what}.',
    hint: 'Start again with `millrace start`: models begin where they stopped. If it was out of memory, lower `live.workers` in millrace.config.ts.',
    retry: 'after-fix',
    exit: 1,
  },
  LIVE_STATE_INVALID: {
    summary: 'The saved state of {stream} does not fit this Millrace: {problem}.',
    hint: 'Restore the last good copy with `millrace restore BACKUP`, or check the disk with `millrace doctor`.',
    retry: 'never',
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>
