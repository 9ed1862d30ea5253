/** Store. */
import type { ErrorEntry } from './error-entry.ts'

export const STORE_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>
