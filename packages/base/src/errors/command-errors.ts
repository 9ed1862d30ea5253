/** Command line and configuration. */
import type { ErrorEntry } from './error-entry.ts'

export const COMMAND_ERRORS = {
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
} as const satisfies Record<string, ErrorEntry>
