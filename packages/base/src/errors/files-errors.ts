/** Files and log files. */
import type { ErrorEntry } from './error-entry.ts'

export const FILES_ERRORS = {
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
    hint: 'Mend it with `millrace parked ID --fix JSON`, or correct the `format` of the stream.',
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
} as const satisfies Record<string, ErrorEntry>
