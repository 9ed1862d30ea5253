/** The graph of batch models. */
import type { ErrorEntry } from './error-entry.ts'

export const GRAPH_ERRORS = {
  MODEL_SETTING_INVALID: {
    summary: '{file}:{line}: the setting @{name} cannot be meant: {problem}.',
    hint: 'Correct the header of {file} and run `millrace check`.',
    retry: 'after-fix',
    exit: 4,
  },
  MODEL_READS_BATCH: {
    summary: '{file}: the live model {model} reads {input}, which is computed in batch and tells no changes.',
    hint: 'Write `-- @materialize table` above the SQL of {file}, or make {input} live too.',
    retry: 'after-fix',
    exit: 4,
  },
  SELECTION_INVALID: {
    summary: 'The selection {selection} cannot be meant: {problem}.',
    hint: 'Run `millrace ls` to see the models; `+name+`, `tag:name`, `path:models/folder` and `state:modified+` select.',
    retry: 'never',
    exit: 64,
  },
  SEED_UNREADABLE: {
    summary: 'The seed {file} cannot be read: {problem}.',
    hint: 'Correct {file} and run `millrace check`. A CSV needs a line of column names; where types are guessed wrongly, cast them in a model.',
    retry: 'after-fix',
    exit: 4,
  },
} as const satisfies Record<string, ErrorEntry>
