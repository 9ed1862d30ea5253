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
    hint: 'Set it in the environment, in `.env` or in the file that the reference names, then run `millrace check`.',
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

  PROOF_COPY_BEHIND: {
    summary: 'The copy of {stream} was not proven: within {seconds} s the log did not reach {place}, where the source was read.',
    hint: 'A proof against the source needs its capture to run: look at `millrace status`, start it with `millrace start`, and prove again.',
    retry: 'backoff',
    exit: 1,
  },
  PROOF_COPY_UNSUPPORTED: {
    summary: '{stream} cannot be proven against its source: {what}.',
    hint: 'Prove the models that read it instead: `millrace prove MODEL`.',
    retry: 'never',
    exit: 1,
  },
  SAMPLE_STORE_EXISTS: {
    summary: 'The store {path} holds data of this project, and a sample would be mixed into it.',
    hint: 'Run `millrace dev --sample` in a new project (`millrace init NAME`), or move the store away.',
    retry: 'after-fix',
    exit: 4,
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
    summary: 'The store {path} is in use by {holder}.',
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
    summary: 'The store {path} was written by another version of Millrace (its format is {found}, this one knows {known}).',
    hint: 'Run the Millrace that wrote it, or put back a backup made by this one with `millrace restore FILE`.',
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
  STORE_FOREIGN: {
    summary: '{path} is not a Millrace store, or its first page is damaged.',
    hint: 'Nothing was written to it. Name another `store` in millrace.config.ts, or restore the last good copy with `millrace restore BACKUP`.',
    retry: 'after-fix',
    exit: 4,
  },
  STORE_RETENTION_PASSED: {
    summary: 'Changes of {stream} after cut {cut} are no longer kept.',
    hint: 'What reads from there has a gap and must start anew; lengthen `retentionHours` of the stream in millrace.config.ts.',
    retry: 'after-fix',
    exit: 1,
  },
  BACKUP_EXISTS: {
    summary: 'There is already a file at {path}.',
    hint: 'Nothing is overwritten. Name another file: `millrace backup FILE`.',
    retry: 'after-fix',
    exit: 1,
  },
  BACKUP_INVALID: {
    summary: 'The backup {path} failed its proof: {what}.',
    hint: 'Use another backup; make one with `millrace backup FILE`.',
    retry: 'never',
    exit: 1,
  },

  // Sources and capture
  SOURCE_URL_INVALID: {
    summary: 'The url of the source {source} is not one of a Postgres database: {problem}.',
    hint: 'Write `sources.{source}.url` as `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or as a reference to a secret that holds it.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_UNREACHABLE: {
    summary: 'The source {source} at {host} cannot be reached: {what}.',
    hint: 'Check that the database runs and that `sources.{source}.url` names its host and port. A running Millrace keeps trying.',
    retry: 'backoff',
    exit: 5,
  },
  SOURCE_TLS: {
    summary: 'No trusted TLS connection to the source {source} at {host}: {what}.',
    hint: 'Name the certificate of its authority in `sources.{source}.tls.certificateAuthority`, and check that the server has `ssl = on`.',
    retry: 'after-fix',
    exit: 5,
  },
  SOURCE_AUTHENTICATION: {
    summary: 'The source {source} at {host} refused the user {user}: {what}.',
    hint: 'Correct the user and the password behind `sources.{source}.url`, and allow the connection (replication included) in pg_hba.conf.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_DATABASE_MISSING: {
    summary: 'The source {source} at {host} has no database {database}.',
    hint: 'Correct the last part of `sources.{source}.url`.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_VERSION: {
    summary: 'The source {source} runs Postgres {version}; the oldest that can be captured is 13.',
    hint: 'Upgrade the database, or point `sources.{source}.url` at a newer one.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_ENCODING: {
    summary: 'The database of the source {source} is encoded in {encoding}, which does not say what its text means.',
    hint: 'Restore it into a database made with `CREATE DATABASE … ENCODING UTF8`, and point `sources.{source}.url` there.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_WAL_LEVEL: {
    summary: 'The source {source} has wal_level = {level}, which does not carry changes of rows.',
    hint: 'Run `ALTER SYSTEM SET wal_level = logical;` in it and restart the server.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_PERMISSION: {
    summary: 'The user {user} of the source {source} may not {action}.',
    hint: 'Run `{fix}` as its owner or as a superuser.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_TABLE_MISSING: {
    summary: 'The source {source} has no table {table}.',
    hint: 'Correct `sources.{source}.tables` in millrace.config.ts, or create the table.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_TABLE_KIND: {
    summary: '{table} in the source {source} is {kind}; only ordinary, logged tables have changes to capture.',
    hint: 'Take it out of `sources.{source}.tables`, or make it an ordinary table (`ALTER TABLE … SET LOGGED`).',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_TABLE_IDENTITY: {
    summary:
      'The rows of {table} in the source {source} cannot be told apart: {what}. Postgres would refuse its updates once it is published.',
    hint: 'Give it a primary key, or run `ALTER TABLE {table} REPLICA IDENTITY FULL;`, or leave it out of `sources.{source}.tables`.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_PUBLICATION_FILTERED: {
    summary: 'The publication {publication} of the source {source} filters the rows of {table}; the others would be missing in silence.',
    hint: 'Run `{fix}` without a WHERE, or name another `publication` for this source in millrace.config.ts.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_ROW_SECURITY: {
    summary: 'Row-level security hides rows of {table} in the source {source} from the user {user}; they would be missing in silence.',
    hint: 'Run `ALTER ROLE {role} BYPASSRLS;` as a superuser, or leave the table out of `sources.{source}.tables`.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_POOLER: {
    summary: 'The source {source} at {host} is a pooler and not Postgres itself: {what}. Changes cannot be read through it.',
    hint: 'Name the host and the port of Postgres itself in `sources.{source}.url`.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_FAILED: {
    summary: 'The source {source} failed ({sqlstate}): {what}.',
    hint: 'Look into the log of the database server. Millrace keeps trying; run `millrace doctor` to check the source.',
    retry: 'backoff',
    exit: 5,
  },
  CAPTURE_CONNECTION_LOST: {
    summary: 'The connection to the source {source} was lost: {what}.',
    hint: 'It is made again by itself and resumes where it was; check the network and the server if it lasts (`millrace doctor`).',
    retry: 'backoff',
    exit: 5,
  },
  CAPTURE_SLOT_LIMIT: {
    summary: 'The source {source} has no replication slot or WAL sender to spare.',
    hint: 'Drop an unused slot (`SELECT pg_drop_replication_slot(…);`), or raise max_replication_slots and max_wal_senders and restart the server.',
    retry: 'backoff',
    exit: 4,
  },
  CAPTURE_SLOT_BLOCKED: {
    summary: 'The replication slot {slot} of the source {source} cannot be made while older transactions are open ({blocker}).',
    hint: 'End them: `SELECT pid, state, xact_start, query FROM pg_stat_activity WHERE backend_xid IS NOT NULL;` shows them. It is tried again by itself.',
    retry: 'backoff',
    exit: 1,
  },
  CAPTURE_SLOT_ACTIVE: {
    summary: 'The replication slot {slot} of the source {source} is in use by another connection (process {pid} of the server).',
    hint: 'Stop the other Millrace, or give this source a `slot` of its own. One left by a killed process ends by itself; it is tried again.',
    retry: 'backoff',
    exit: 1,
  },
  CAPTURE_SLOT_LOST: {
    summary:
      'The replication slot {slot} of the source {source} no longer continues what is in the log at {position}: {what}. Changes may be missing between the two.',
    hint: "All its tables are read anew, deletes included, by itself; with `onSlotLost: 'stop'` it waits until you take that away, or set another slot name, for example `slot: '{next}'`, for this source in millrace.config.ts. To keep slots longer, raise max_slot_wal_keep_size.",
    retry: 'after-fix',
    exit: 1,
  },
  BACKFILL_REFUSED: {
    summary: 'The rows of {stream} cannot be read anew: {what}.',
    hint: 'See `millrace status` for what the source {source} is doing, and try again when that is over.',
    retry: 'after-fix',
    exit: 1,
  },
  BACKFILL_CONDITION: {
    summary: 'The source {source} does not take the condition for {stream}: {what}.',
    hint: 'Write after --where what could stand after WHERE in a query of that one table, for example `--where "id > 10"`.',
    retry: 'after-fix',
    exit: 64,
  },
  CAPTURE_TABLE_PARKED: {
    summary: 'The table {table} of the source {source} is parked since {since}: {what}. Its stream stopped there; the other tables flow on.',
    hint: 'Run `millrace parked {stream} --accept` to take it as it is now: its rows are read anew, deletes included. Or leave it out with `sources.{source}.exclude`.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_TABLE_NOT_PARKED: {
    summary: 'The stream {stream} of the source {source} is not parked as a whole; there is nothing to accept.',
    hint: 'Run `millrace parked` to see what is.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_WAL_LIMIT: {
    summary: 'The slot {slot} holds back {kept} MB of the log of the source {source}, of {limit} MB that `wal.keptBytesLimit` allows.',
    hint: 'Find what holds it up with `millrace doctor`, or raise `sources.{source}.wal.keptBytesLimit`. With `atLimit: \'rebuild\'` the slot is dropped and all tables are read anew.',
    retry: 'backoff',
    exit: 1,
  },
  CAPTURE_VALUE_UNREPRESENTABLE: {
    summary: 'The column {column} of {table} in the source {source} holds {what}, which {type} cannot represent.',
    hint: 'The row is parked: mend it with `millrace parked`. So that it does not happen again, make the column one that arrives as text (`ALTER TABLE {table} ALTER COLUMN {column} TYPE {wider};`).',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_VALUE_UNTOLD: {
    summary: 'A row of {table} in the source {source} moved to another key and another partition, and its column {column} was not told.',
    hint: 'Run `ALTER TABLE {table} REPLICA IDENTITY FULL;` so that Postgres tells large values that did not change, or give the stream one partition. Mend the parked row with `millrace parked`.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_PROTOCOL: {
    summary: 'The source {source} sent what the replication protocol does not know: {what}.',
    hint: 'Check that `sources.{source}.url` names Postgres itself and not a pooler; run `millrace doctor`.',
    retry: 'backoff',
    exit: 1,
  },

  FILE_FORMAT_INVALID: {
    summary: 'The format of {name} cannot be used: {problem}.',
    hint: 'Correct `format` of this source in millrace.config.ts and run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  FILE_HEADER_MISMATCH: {
    summary: 'The header of {name} does not fit the columns of its source: {problem}.',
    hint: 'Correct the file, or `format.columns` (or `format.names`) of this source in millrace.config.ts.',
    retry: 'after-fix',
    exit: 1,
  },
  FILE_ARCHIVE_DAMAGED: {
    summary: '{name} is a damaged {compression} archive: {what}, at byte {byte}.',
    hint: 'Put a whole copy in its place: it is a new version of the object and is read from its beginning. If it is no archive, set `format.compression`.',
    retry: 'after-fix',
    exit: 1,
  },
  FILE_ARCHIVE_TOO_LARGE: {
    summary: '{name} grows to more than {limit} times its size when it is decompressed ({bytes} bytes so far).',
    hint: 'If that is no mistake, set `format.expansionMax` of this source in millrace.config.ts.',
    retry: 'after-fix',
    exit: 1,
  },
  FILE_TYPE_UNSUPPORTED: {
    summary: 'The column {column} of {name} has the type {type}, which no column can have here.',
    hint: 'Leave it out with `format.columns` of this source in millrace.config.ts, or write the file with another type.',
    retry: 'after-fix',
    exit: 1,
  },
  FILE_DAMAGED: {
    summary: '{name} cannot be read as {format}: {what}.',
    hint: 'Put a whole copy in its place, or correct `format` of this source in millrace.config.ts.',
    retry: 'after-fix',
    exit: 1,
  },

  SOURCE_FOLDER_MISSING: {
    summary: 'The source {source} has no folder {folder}: {what}.',
    hint: 'Make the folder, or correct `sources.{source}.from` in millrace.config.ts. It is looked for again by itself.',
    retry: 'backoff',
    exit: 5,
  },
  SOURCE_BUCKET_REFUSED: {
    summary: 'The bucket of the source {source} at {host} refused to {action}: {what}.',
    hint: 'Give its user the rights s3:ListBucket and s3:GetObject, and check `sources.{source}.credentials` and `region`. It is tried again by itself.',
    retry: 'backoff',
    exit: 4,
  },
  SOURCE_BUCKET_MISSING: {
    summary: 'The source {source} has no bucket {bucket} at {host}.',
    hint: 'Correct `sources.{source}.from` and `endpoint` in millrace.config.ts.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_BUCKET_ELSEWHERE: {
    summary: 'The bucket {bucket} of the source {source} is not served by {host}, which points elsewhere ({region}).',
    hint: 'Set `sources.{source}.region` or `endpoint` in millrace.config.ts to where it is.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_BUCKET_FAILED: {
    summary: 'The bucket of the source {source} at {host} did not {action}: {what}.',
    hint: 'It is tried again by itself; check the service and the network with `millrace doctor` if it lasts.',
    retry: 'backoff',
    exit: 5,
  },
  SOURCE_NOT_NOTIFIED: {
    summary: 'The source {source} takes no notices: {what}.',
    hint: 'Send notices to a source made with `files(…)`; `millrace status` shows the sources.',
    retry: 'never',
    exit: 1,
  },
  CAPTURE_FILE_NONE: {
    summary: 'The types of {stream} cannot be told: no file at {place} fits {files}.',
    hint: 'Put a first file there, or declare its `columns` in `sources.{source}.streams` in millrace.config.ts.',
    retry: 'after-fix',
    exit: 4,
  },
  CAPTURE_FILE_CHANGED: {
    summary: 'The file {file} of the source {source} changed while it was read.',
    hint: 'Nothing of it was taken; it is read again once it rests. If it never rests, raise `settleMs` or set `doneSuffix`.',
    retry: 'backoff',
    exit: 1,
  },
  CAPTURE_FILE_REFUSED: {
    summary: 'The file {file} of the source {source} may not be read: {what}.',
    hint: 'Allow Millrace to read it. It is tried again by itself, and the other files go on; `millrace status` shows how many wait.',
    retry: 'backoff',
    exit: 1,
  },
  CAPTURE_FILE_RECORD: {
    summary: 'A record of {stream} could not be read out of its file.',
    hint: 'Mend it with `millrace parked ID --fix`, or correct the `format` of the stream.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_FILE_UNREADABLE: {
    summary: 'The file {file} of the source {source} could not be read: {what}.',
    hint: 'It is set aside as a whole (`millrace parked` shows it) and the others go on. Put a good file in its place, or correct its `format`.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_FILE_TOTALS: {
    summary: 'The control totals of the file {file} of the source {source} do not agree: {what}.',
    hint: 'It is set aside as a whole (`millrace parked` shows it) and the others go on. Put a complete file in its place.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_FILE_BAD_RECORDS: {
    summary: 'The file {file} of the source {source} has more than {limit} records that cannot be read.',
    hint: 'It is set aside as a whole, for it is likely of another format: correct the `format` of its stream, or put a good file in its place.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_FILE_KEY_REPEATED: {
    summary: 'A key stands more than once in one file of {stream}, which is to be a whole table.',
    hint: 'Mend the file, or name the columns that tell its rows apart in the `key` of the stream.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_LOG_RECORD: {
    summary: 'A record of {stream} does not fit the format of its log.',
    hint: 'Correct the `format` of the source, or mend the record with `millrace parked ID --fix`.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_LOG_RECORD_TOO_LONG: {
    summary: 'A record of {stream} is longer than {limit} bytes.',
    hint: 'Raise `recordBytesMax` of the source if such records are meant.',
    retry: 'after-fix',
    exit: 1,
  },

  VALUE_UNREADABLE: {
    summary: 'A value cannot be taken as {type}: it is {what}.',
    hint: 'Correct the value where it comes from; a row that was set aside for it is mended with `millrace parked ID --fix`.',
    retry: 'after-fix',
    exit: 1,
  },
  PARKED_BEHIND: {
    summary: 'A change of {stream} waits behind an earlier one of its key that was set aside.',
    hint: 'Replay the earlier one and this one follows by itself: `millrace parked {stream}` shows both.',
    retry: 'after-fix',
    exit: 1,
  },
  PARKED_UNKNOWN: {
    summary: 'Nothing is parked under {id}.',
    hint: 'Run `millrace parked` to see what is.',
    retry: 'never',
    exit: 1,
  },
  PARKED_SETTLED: {
    summary: '{id} is settled already: it was {status}.',
    hint: 'Run `millrace parked` to see what is still set aside.',
    retry: 'never',
    exit: 1,
  },
  PARKED_NOT_FIRST: {
    summary: '{id} waits behind {first}, an earlier change of the same key.',
    hint: 'Replay or drop that one first: `millrace parked {first} --replay`.',
    retry: 'after-fix',
    exit: 1,
  },
  PARKED_NOT_READABLE: {
    summary: '{id} cannot be replayed: {what}.',
    hint: 'Give it a row that fits with `millrace parked {id} --fix JSON`, or let it go with `millrace parked {id} --drop`.',
    retry: 'after-fix',
    exit: 1,
  },
  PARKING_FULL: {
    summary: 'The source {source} has set aside {count} changes, its limit: it stops rather than go on parking.',
    hint: 'Something is wrong with all of them, most likely the same thing: `millrace parked` shows it. Mend, replay or drop them, and it goes on by itself.',
    retry: 'backoff',
    exit: 1,
  },

  // Agents and their door
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

  // MySQL and MariaDB
  SOURCE_MYSQL_URL: {
    summary: 'The url of the source {source} is not one of a MySQL or MariaDB database: {problem}.',
    hint: 'Write `sources.{source}.url` as `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, or as a reference to a secret that holds it.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_MYSQL_AUTHENTICATION: {
    summary: 'The source {source} at {host} refused the user {user}: {what}.',
    hint: 'Correct the user and the password behind `sources.{source}.url` or `sources.{source}.password`, and the hosts that the user may come from.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_MYSQL_VERSION: {
    summary: 'The source {source} runs {version}; the oldest that can be captured are MariaDB 10.6 and MySQL 8.0.',
    hint: 'Upgrade the database, or point `sources.{source}.url` at a newer one.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_MYSQL_SETTING: {
    summary: 'The server of the source {source} has {setting} = {found}, {why}.',
    hint: 'Run `{fix}` in it (and keep it in my.cnf); `millrace doctor` checks all settings.',
    retry: 'after-fix',
    exit: 4,
  },
  SOURCE_COLUMN_UNREADABLE: {
    summary: 'The column {column} of {table} in the source {source} cannot be read exactly: {what}.',
    hint: 'Convert the column (to utf8mb4, for text), or add {table} to `sources.{source}.exclude` in millrace.config.ts.',
    retry: 'after-fix',
    exit: 4,
  },
  CAPTURE_SERVER_ID_TAKEN: {
    summary: 'The server id {serverId}, by which the source {source} reads the binlog, is in use: {what}.',
    hint: 'Stop the other reader, or set another `serverId` for the source {source} in millrace.config.ts. Nothing is lost.',
    retry: 'after-fix',
    exit: 4,
  },
  CAPTURE_BINLOG_LOST: {
    summary:
      'The server of the source {source} no longer continues what is in the log at {gtid}: {what}. Changes may be missing between the two.',
    hint: "Have its tables read anew, deletes included: raise `generation` of the source {source} in millrace.config.ts, or set `whenLost: 'rebuild'` there. To keep the binlog longer, raise binlog_expire_logs_seconds.",
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_TABLE_STOPPED: {
    summary:
      'The table {table} of the source {source} changed in a way that its stream cannot follow: {what}. The other tables flow on.',
    hint: 'Have the tables read anew in their new shape: raise `generation` of the source {source} in millrace.config.ts.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_STATEMENT_LOGGED: {
    summary: 'The source {source} logged a change as a statement, which does not tell its rows ({place}).',
    hint: 'Keep `binlog_format = ROW` in every session of the server, then raise `generation` of the source {source} in millrace.config.ts, so that the tables are read anew.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_ROW_IMAGE: {
    summary: 'The source {source} logged a new row of {table} without all of its columns.',
    hint: 'Keep `binlog_row_image = FULL` in every session of the server, then raise `generation` of the source {source} in millrace.config.ts, so that the tables are read anew.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_BINLOG_UNREADABLE: {
    summary: 'The binlog of the source {source} holds what cannot be read ({place}): {what}.',
    hint: 'Change what makes the server write it; then raise `generation` of the source {source} in millrace.config.ts, so that the tables are read anew.',
    retry: 'after-fix',
    exit: 1,
  },
  CAPTURE_BINLOG_DAMAGED: {
    summary: 'The binlog of the source {source} arrived damaged: {what}.',
    hint: 'It is read again by itself from the last place that is stored. If it lasts, the file is damaged on the server: check its disk, and run `millrace doctor`.',
    retry: 'backoff',
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

export type ErrorCode = keyof typeof entries
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = entries
