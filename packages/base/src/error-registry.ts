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

  REQUEST_REFUSED: {
    summary: 'The running Millrace at {url} answered {code}: {message}',
    hint: 'Look at `millrace status`, or open {url} in a browser.',
    retry: 'after-fix',
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
    summary: 'The request to {path} was made by a page from elsewhere, or does not say that it is meant.',
    hint: 'Use the console itself; from a script, send the header `x-millrace: 1`.',
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

  // The door out
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
    hint: "Renew the certificate of {host}, or start Millrace with NODE_EXTRA_CA_CERTS set to your own authority's file. It is tried again by itself.",
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
    hint: 'It is tried again by itself. Let {host} answer with fewer or shorter headers.',
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

  // Deliveries
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
    summary: '{host} answered {status}.',
    hint: 'It is tried again by itself. Run `millrace deliveries {delivery}` to see the attempts and what was answered.',
    retry: 'backoff',
    exit: 1,
  },
  DELIVERY_EVENT_TOO_LARGE: {
    summary: 'A change of {stream} (partition {partition}, position {position}) makes a body of {bytes} bytes; {limit} are sent at most.',
    hint: 'The change is parked and its neighbours flow on. Deliver from a model that selects fewer columns.',
    retry: 'never',
    exit: 1,
  },
  DELIVERY_EVENT_GONE: {
    summary: 'A change of {stream} (partition {partition}, position {position}) is no longer kept in the log.',
    hint: 'The event is parked. Raise `streams.{stream}.retentionHours` in millrace.config.ts above the longest outage to survive.',
    retry: 'never',
    exit: 1,
  },

  // Batch and proof
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
    hint: 'Lengthen `streams.{stream}.retentionHours` in millrace.config.ts and let the source be read anew with `millrace resync {stream}`.',
    retry: 'after-fix',
    exit: 1,
  },
  BATCH_HISTORY_INCOMPLETE: {
    summary: '{stream} cannot be rebuilt from its changes: {problem}.',
    hint: 'A table without a key needs `ALTER TABLE … REPLICA IDENTITY FULL` at its source; then read it anew with `millrace resync {stream}`.',
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
    hint: 'Run `millrace prove {model} --json` to see the rows; then rebuild the model with `millrace rebuild {model}` and report the difference.',
    retry: 'after-fix',
    exit: 3,
  },
  PROOF_THREAD_ENDED: {
    summary: 'The proof of {model} ended before it had a verdict: {problem}.',
    hint: 'Run `millrace prove {model}` again; it then has a process of its own.',
    retry: 'backoff',
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof entries
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = entries
