/** Batch and proof. */
import type { ErrorEntry } from './error-entry.ts'

export const BATCH_ERRORS = {
  QUERY_INVALID: {
    summary: 'The query cannot be run ({line}:{column}): {problem}.',
    hint: 'Correct the query; `millrace status` shows the streams and models that it can read.',
    retry: 'never',
    exit: 64,
  },
  QUERY_FAILED: {
    summary: 'The query has no answer for the present rows: {problem}.',
    hint: 'Guard the expression (`TRY_CAST`, `nullif`), or leave the row out with `WHERE`.',
    retry: 'never',
    exit: 1,
  },
  BATCH_HISTORY_TRIMMED: {
    summary: '{stream} cannot be rebuilt: its changes before position {first} were dropped by its retention.',
    hint: 'Lengthen `streams.{stream}.retentionHours` in millrace.config.ts and give the source a new `slot` there, so that it is read anew.',
    retry: 'after-fix',
    exit: 1,
  },
  BATCH_HISTORY_INCOMPLETE: {
    summary: '{stream} cannot be rebuilt from its changes: {problem}.',
    hint: 'A table without a key needs `ALTER TABLE … REPLICA IDENTITY FULL` at its source; then give the source a new `slot` in millrace.config.ts, so that it is read anew.',
    retry: 'after-fix',
    exit: 1,
  },
  BATCH_FAILED: {
    summary: 'The batch engine could not compute {relation}: {problem}.',
    hint: 'Correct the row at its source, or guard the expression in the SQL. Where it ran out of memory or disk, free space in the temporary folder (`TMPDIR`).',
    retry: 'after-fix',
    exit: 1,
  },
  PROOF_NOT_LIVE: {
    summary: '{model} has published nothing up to cut {cut} yet, so there is nothing to prove.',
    hint: 'Wait until `millrace status` shows {model} as running, then run `millrace prove {model}` again.',
    retry: 'backoff',
    exit: 1,
  },
  PROOF_MISMATCH: {
    summary: 'The live model {model} differs from the batch engine at cut {cut}: {count} rows.',
    hint: 'Run `millrace prove {model} --json` to see the rows; please report the difference. A change of the model’s SQL fills it anew.',
    retry: 'after-fix',
    exit: 3,
  },
} as const satisfies Record<string, ErrorEntry>
