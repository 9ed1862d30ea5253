/**
 * What the graph remembers, in one SQLite file that several processes read and write:
 *
 * - its identity tells its versions on a server from those of another catalogue;
 * - a version is what a model was once computed to; its files, or its table on a server, never change (law 7);
 * - an interval is what a model was once computed to for one stretch of time; versions name its files;
 * - a publication names one version of each model, and never changes either;
 * - an environment is a name for a publication: moving that one row publishes a whole run, promotes or
 *   rolls back, at once or not at all;
 * - a step is what a model cost in one run, and a forecast what was known of a run's end;
 * - of tables on servers it knows what they held when they were last read whole;
 * - what was scheduled is what came of a schedule each time that it was due.
 */
import { FORECASTS_SCHEMA } from './run-forecast.ts'
import { SCHEDULES_SCHEMA } from '../schedule/schedule-memory.ts'
import { STEPS_SCHEMA } from './step-record.ts'
import { TABLES_SCHEMA } from './table-memory.ts'

export const CATALOG_SCHEMA: string = `${STEPS_SCHEMA}${FORECASTS_SCHEMA}${SCHEDULES_SCHEMA}${TABLES_SCHEMA}
CREATE TABLE IF NOT EXISTS identity (id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  environment TEXT NOT NULL,
  started_ms REAL NOT NULL,
  ended_ms REAL,
  status TEXT NOT NULL,
  cut INTEGER NOT NULL,
  streams TEXT NOT NULL,
  planned INTEGER NOT NULL,
  resumes INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  kind TEXT NOT NULL,
  content TEXT NOT NULL,
  columns TEXT NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  seconds REAL NOT NULL,
  memory INTEGER NOT NULL,
  created_ms REAL NOT NULL,
  run INTEGER NOT NULL,
  UNIQUE (model, key)
) STRICT;
CREATE TABLE IF NOT EXISTS intervals (
  model TEXT NOT NULL,
  key TEXT NOT NULL,
  file TEXT,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  created_ms REAL NOT NULL,
  PRIMARY KEY (model, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS intervals_by_file ON intervals (model, file);
CREATE TABLE IF NOT EXISTS failures (
  run INTEGER NOT NULL,
  model TEXT NOT NULL,
  problem TEXT NOT NULL,
  PRIMARY KEY (run, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS publications (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  environment TEXT NOT NULL,
  at_ms REAL NOT NULL,
  run INTEGER NOT NULL,
  previous INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS published (
  publication INTEGER NOT NULL,
  model TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (publication, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS environments (
  name TEXT PRIMARY KEY,
  publication INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
