/** MySQL and MariaDB. */
import type { ErrorEntry } from './error-entry.ts'

export const MYSQL_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>
