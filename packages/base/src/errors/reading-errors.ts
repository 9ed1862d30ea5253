/** Reading live models: subscriptions, look-ups and endpoints. */
import type { ErrorEntry } from './error-entry.ts'

export const READING_ERRORS = {
  READ_MODEL_UNKNOWN: {
    summary: 'There is no live model named {model}.',
    hint: 'Run `millrace status` to see the models; a model is a file `models/{model}.sql` of the project.',
    retry: 'never',
    exit: 1,
  },
  READ_MODEL_FILLING: {
    summary: 'The model {model} is being filled for the first time and has no rows to tell yet.',
    hint: 'Ask again in a moment; `millrace status` shows how far it is.',
    retry: 'backoff',
    exit: 1,
  },
  READ_POSITION_GONE: {
    summary: 'Reading {model} cannot go on from this position: {why}.',
    hint: 'Subscribe anew without `from`: the rows as they are now come first, as one snapshot.',
    retry: 'never',
    exit: 1,
  },
  READ_FILTER_INVALID: {
    summary: 'The condition on {model} is not one: {problem}.',
    hint: "Write `where` as one SQL condition over the columns of the model, such as `country = 'DE' and amount > 100`.",
    retry: 'never',
    exit: 64,
  },
  READ_FILTER_FAILED: {
    summary: 'The condition on {model} has no answer for one of its rows: {problem}.',
    hint: 'Make `where` hold for every row, for example with `try_cast` or a test before it, and subscribe again.',
    retry: 'never',
    exit: 1,
  },
  READ_INDEX_MISSING: {
    summary: 'The rows of {model} cannot be looked up by {columns}: that is neither its key nor a declared index.',
    hint: 'Declare `models: { {model}: { indexes: [[{quoted}]] } }` in millrace.config.ts, or ask by the key: {key}.',
    retry: 'after-fix',
    exit: 64,
  },
  READ_SUBSCRIBERS_FULL: {
    summary: 'All {limit} places for subscribers are taken.',
    hint: 'Close subscriptions that nobody reads, or try again later; `/metrics` tells how many there are.',
    retry: 'backoff',
    exit: 1,
  },
  READ_ROWS_TOO_MANY: {
    summary: 'The rows of {model} do not fit in the {limitMb} MB of memory that models are read from.',
    hint: 'Make a smaller model for this reader with a `where` or a `group by`, or read it at once with `millrace query`.',
    retry: 'after-fix',
    exit: 1,
  },
  READ_HISTORY_TRIMMED: {
    summary: 'The rows of {model} cannot be told: its changes before position {first} are not kept any more.',
    hint: 'Remove `retentionHours` for {model} from `streams` in millrace.config.ts; an edit of the model fills it anew.',
    retry: 'after-fix',
    exit: 1,
  },
  READ_TOO_SLOW: {
    summary: 'The subscriber of {model} took less than what changed, and was disconnected.',
    hint: 'Subscribe again with `from` set to the position of the last message: nothing is lost and nothing repeated.',
    retry: 'backoff',
    exit: 1,
  },
  READ_SERVER_CLOSED: {
    summary: 'The server of {model} stops.',
    hint: 'Subscribe again with `from` set to the position of the last message once `millrace start` runs.',
    retry: 'backoff',
    exit: 1,
  },
  ENDPOINT_UNKNOWN: {
    summary: 'There is no endpoint named {name}.',
    hint: 'Declare it under `endpoints` in millrace.config.ts; `/api/openapi.json` lists those there are.',
    retry: 'never',
    exit: 1,
  },
  ENDPOINT_PARAMETER: {
    summary: 'The parameter {parameter} of the endpoint {name} {problem}.',
    hint: 'Correct `{parameter}` and ask again; `/api/openapi.json` tells its type.',
    retry: 'never',
    exit: 64,
  },
} as const satisfies Record<string, ErrorEntry>
