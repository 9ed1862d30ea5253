/** What is set aside. */
import type { ErrorEntry } from './error-entry.ts'

export const PARKING_ERRORS = {
  VALUE_UNREADABLE: {
    summary: 'A value cannot be taken as {type}: it is {what}.',
    hint: 'Correct the value where it comes from; a row that was set aside for it is mended with `millrace parked ID --fix JSON`.',
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
} as const satisfies Record<string, ErrorEntry>
