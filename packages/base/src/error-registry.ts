/**
 * Every error that Millrace can raise, in the order in which data flows. `docs/errors.md` is made from
 * this file. A summary says what happened; a hint names the command or the setting that mends it.
 *
 * `retry`: `backoff`, it may pass by itself; `after-fix`, someone must act first; `never`, the request
 * itself is wrong. `exit` is the exit code of a command that ends with it: 1 failed, 3 proof mismatch,
 * 4 configuration, 5 source unreachable, 64 usage.
 */
export interface ErrorEntry {
  readonly summary: string
  readonly hint: string
  readonly retry: 'backoff' | 'after-fix' | 'never'
  readonly exit: 1 | 3 | 4 | 5 | 64
}

const entries = {
  // Command line and configuration
  USAGE: {
    summary: '{problem}',
    hint: 'Run `millrace {command} --help`.',
    retry: 'never',
    exit: 64,
  },
  CONFIG_NOT_FOUND: {
    summary: 'There is no millrace.config.ts in {folder}.',
    hint: 'Run the command inside a project, name one with `--project FOLDER`, or make one with `millrace init NAME`.',
    retry: 'after-fix',
    exit: 4,
  },
  CONFIG_INVALID: {
    summary: 'The configuration {file} is not valid: {problem}.',
    hint: 'Correct {place} and run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  CONFIG_SECRET_MISSING: {
    summary: 'The secret {reference} has no value.',
    hint: 'Set it in the environment or in the file that the reference names, then run the command again.',
    retry: 'after-fix',
    exit: 4,
  },
  INIT_FOLDER_NOT_EMPTY: {
    summary: 'The folder {folder} is not empty.',
    hint: 'Name a new folder: `millrace init NAME`.',
    retry: 'never',
    exit: 64,
  },
  PORT_IN_USE: {
    summary: 'Port {port} on {host} is in use by another process.',
    hint: 'Stop the other process, or choose a port with `--port N` or `server.port` in millrace.config.ts.',
    retry: 'after-fix',
    exit: 4,
  },
  NOT_RUNNING: {
    summary: 'No running Millrace was found for {store}.',
    hint: 'Start it with `millrace start`.',
    retry: 'after-fix',
    exit: 1,
  },

  STAGE_BROKEN: {
    summary: 'A stage stopped because something that cannot happen did: {what}.',
    hint: 'Nothing is lost: what was not finished is done again by `millrace start`. Please report it with what `millrace doctor` prints.',
    retry: 'after-fix',
    exit: 1,
  },
  PROOF_FAILED: {
    summary: 'A proof could not be made: {what}.',
    hint: 'Run `millrace prove` to see it by itself.',
    retry: 'backoff',
    exit: 1,
  },

  // Store
  STORE_NOT_FOUND: {
    summary: 'There is no store at {path}.',
    hint: 'Run `millrace start` once, or name the project with `--project FOLDER`.',
    retry: 'after-fix',
    exit: 4,
  },
  STORE_IN_USE: {
    summary: 'Another process already writes to the store {path}.',
    hint: 'Stop it first (`millrace status` shows which), or give this project a `store` of its own in millrace.config.ts.',
    retry: 'after-fix',
    exit: 4,
  },
  STORE_CORRUPT: {
    summary: 'The store {path} is damaged: {what}.',
    hint: 'Nothing damaged is served. Restore the last good copy with `millrace restore BACKUP`.',
    retry: 'after-fix',
    exit: 1,
  },
  STORE_BATCH_CORRUPT: {
    summary: 'A batch of {stream} (partition {partition}, positions {first} to {last}) does not match its checksum.',
    hint: 'Nothing damaged is served. Restore the last good copy with `millrace restore BACKUP`, or check the disk with `millrace doctor`.',
    retry: 'after-fix',
    exit: 1,
  },
  STORE_VERSION_UNKNOWN: {
    summary: 'The store {path} was written by a newer Millrace (format {found}, this one knows {known}).',
    hint: 'Install the newer Millrace, or restore a backup made by this one.',
    retry: 'after-fix',
    exit: 4,
  },
  STORE_DISK_FULL: {
    summary: 'The disk that holds the store {path} is full.',
    hint: 'Free space, or shorten `retention` in millrace.config.ts. Nothing was acknowledged that is not stored; work resumes by itself.',
    retry: 'backoff',
    exit: 1,
  },
  STORE_IO: {
    summary: 'The store {path} could not be read or written: {what}.',
    hint: 'Check the disk and the permissions with `millrace doctor`.',
    retry: 'backoff',
    exit: 1,
  },
  STREAM_UNKNOWN: {
    summary: 'There is no stream or model named {name}.',
    hint: 'Run `millrace status` to see the names.',
    retry: 'never',
    exit: 1,
  },
  BACKUP_INVALID: {
    summary: 'The backup {path} failed its proof: {what}.',
    hint: 'Use another backup; make one with `millrace backup FILE`.',
    retry: 'never',
    exit: 1,
  },

  // Watch and serve
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
    hint: 'Open the console at `/`; `docs/architecture.md` lists the paths of the API.',
    retry: 'never',
    exit: 1,
  },
  HTTP_REQUEST_INVALID: {
    summary: 'The request to {path} is not valid: {problem}.',
    hint: 'Correct {place} and send the request again.',
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
    summary: 'The request to {path} changes something but does not come from the console or a script.',
    hint: 'Send the header `x-millrace: 1`, from this server\'s own pages or from a script.',
    retry: 'never',
    exit: 1,
  },
  FEED_FULL: {
    summary: 'All {limit} places of the live feed are taken.',
    hint: 'Close other tabs of the console; the page tries again by itself.',
    retry: 'backoff',
    exit: 1,
  },
  // SQL and live models
  SQL_PARSE: {
    summary: '{file}:{line}:{column}: the SQL of {model} cannot be read: {problem}.',
    hint: 'Correct {file} at line {line} and run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  SQL_BIND: {
    summary: '{file}:{line}:{column}: the SQL of {model} does not fit its streams: {problem}.',
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
    hint: 'Correct the row at its source, or guard the expression in {file}. The model is retried by itself; the others go on.',
    retry: 'after-fix',
    exit: 1,
  },
  LIVE_HISTORY_TRIMMED: {
    summary: '{model} cannot be filled: the history of {stream} before position {first} was dropped by its retention.',
    hint: 'Lengthen `streams.{stream}.retentionHours` in millrace.config.ts and let the source be read anew with `millrace resync {stream}`.',
    retry: 'after-fix',
    exit: 1,
  },
  LIVE_SCHEMA_CHANGED: {
    summary: '{model} reads {stream}.{column} as {expected}, but the stream now holds {found}.',
    hint: 'Change the SQL of {model} to fit the stream, run `millrace check` and start again.',
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

export type ErrorCode = keyof typeof entries
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = entries
