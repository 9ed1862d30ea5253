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
  MODEL_FAILED: {
    summary: '{file}: {model} could not be computed: {problem}.',
    hint: 'Correct {file} or the rows that it reads, then `millrace run` again: what was finished is not repeated. Published versions stay as they are.',
    retry: 'after-fix',
    exit: 1,
  },
  MODEL_OVER_BUDGET: {
    summary: '{file}: {model} went over its budget of {budget} {limit}: {used}.',
    hint: 'Mend {file}, or raise the budget in its header (`-- @budget {budget} …`) or in `graph.folders` of millrace.config.ts, then `millrace run` again: what was finished is not repeated. Published versions stay as they are.',
    retry: 'after-fix',
    exit: 1,
  },
  KEY_NULL: {
    summary: '{file}: {rows} rows of {model} have no value in its key ({key}).',
    hint: 'Leave such rows out in {file}, or name other columns in `-- @key`, then `millrace run` again. Published versions stay as they are.',
    retry: 'after-fix',
    exit: 1,
  },
  KEY_NOT_UNIQUE: {
    summary: '{file}: {keys} keys of {model} ({key}) have more than one row.',
    hint: 'Make one row of each key in {file}, or name more columns in `-- @key`, then `millrace run` again. Published versions stay as they are.',
    retry: 'after-fix',
    exit: 1,
  },
  INTERVAL_UNKNOWN: {
    summary: '{file}: {rows} rows of {model} belong to no interval: their {column} is NULL, infinite or not within the years 1 to 9999.',
    hint: 'Leave such rows out in {file} or give them a time, then `millrace run` again. Published versions stay as they are.',
    retry: 'after-fix',
    exit: 1,
  },
  INTERVALS_TOO_MANY: {
    summary: '{file}: {model} has {intervals} intervals by {column}; {limit} are the most.',
    hint: 'Write a longer interval in {file}: `-- @interval {column} day` or `month`. A wrong time among the rows does not matter here: it is one interval.',
    retry: 'after-fix',
    exit: 1,
  },
  PARTITIONS_TOO_MANY: {
    summary: '{model} has more than {limit} partitions by {columns}.',
    hint: 'Write fewer columns, or a coarser one, after `@partition_by` in the header of {model}, and order by the others: `@cluster_by {columns}`. `millrace advise {model}` measures what serves its readers.',
    retry: 'after-fix',
    exit: 1,
  },
  INTERVAL_WINDOW_INVALID: {
    summary: 'No intervals can be meant from {from} to {to}.',
    hint: 'Write days or hours, the earlier one first: `millrace run --from 2026-01-01 --to 2026-01-31`.',
    retry: 'never',
    exit: 64,
  },
  HISTORY_COLUMNS_CHANGED: {
    summary: '{file}: {model} has other columns than the history that it would go on with.',
    hint: 'Give the model another name to begin another history. To lose this one, write `-- @disabled anew` in {file}, `millrace run`, and take it away.',
    retry: 'after-fix',
    exit: 1,
  },
  HISTORY_TIME_PASSED: {
    summary: 'The history of {model} knows of {last} already, which is not before the time of this run.',
    hint: 'Set the clock of this machine right and `millrace run` again once that time has passed.',
    retry: 'after-fix',
    exit: 1,
  },
  RUN_UNKNOWN: {
    summary: 'There is no run {run}.',
    hint: 'Run `millrace runs` to see which there are.',
    retry: 'never',
    exit: 64,
  },
  RUN_IN_PROGRESS: {
    summary: 'Another run is at work in the environment {environment}.',
    hint: 'Wait for it (`millrace runs` shows it), or run in another environment with `--env`.',
    retry: 'backoff',
    exit: 1,
  },
  RUN_OUT_OF_DISK: {
    summary: 'The disk filled up while {model} was computed: {problem}.',
    hint: 'Free space, or shorten `graph.keepPublications` in millrace.config.ts, then `millrace run` again: what was finished is not repeated.',
    retry: 'after-fix',
    exit: 1,
  },
  ENVIRONMENT_UNKNOWN: {
    summary: 'There is no environment {environment}: nothing was published in it yet.',
    hint: 'Run `millrace run --env {environment}`; `millrace runs` shows what was run where.',
    retry: 'never',
    exit: 64,
  },
  PUBLICATION_UNKNOWN: {
    summary: 'The environment {environment} cannot go back to {wanted}: {problem}.',
    hint: 'Run `millrace versions --env {environment}` to see the publications that are kept.',
    retry: 'never',
    exit: 64,
  },
} as const satisfies Record<string, ErrorEntry>
