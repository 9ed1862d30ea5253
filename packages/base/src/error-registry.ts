/**
 * Every error that Millrace can raise, in the order in which data flows. `docs/errors.md` is made from
 * this file; each part stands in a file of its own.
 */
import type { ErrorEntry } from './errors/error-entry.ts'
import { COMMAND_ERRORS } from './errors/command-errors.ts'
import { STORE_ERRORS } from './errors/store-errors.ts'
import { POSTGRES_ERRORS } from './errors/postgres-errors.ts'
import { FILES_ERRORS } from './errors/files-errors.ts'
import { PARKING_ERRORS } from './errors/parking-errors.ts'
import { AGENT_ERRORS } from './errors/agent-errors.ts'
import { MYSQL_ERRORS } from './errors/mysql-errors.ts'
import { SERVE_ERRORS } from './errors/serve-errors.ts'
import { READING_ERRORS } from './errors/reading-errors.ts'
import { LIVE_ERRORS } from './errors/live-errors.ts'
import { DOOR_ERRORS } from './errors/door-errors.ts'
import { DELIVERY_ERRORS } from './errors/delivery-errors.ts'
import { GRAPH_ERRORS } from './errors/graph-errors.ts'
import { BATCH_ERRORS } from './errors/batch-errors.ts'
import { IMPORT_ERRORS } from './errors/import-errors.ts'

export type { ErrorEntry }

const entries = {
  ...COMMAND_ERRORS,
  ...STORE_ERRORS,
  ...POSTGRES_ERRORS,
  ...FILES_ERRORS,
  ...PARKING_ERRORS,
  ...AGENT_ERRORS,
  ...MYSQL_ERRORS,
  ...SERVE_ERRORS,
  ...READING_ERRORS,
  ...LIVE_ERRORS,
  ...DOOR_ERRORS,
  ...DELIVERY_ERRORS,
  ...BATCH_ERRORS,
  ...GRAPH_ERRORS,
  ...IMPORT_ERRORS,
} as const

export type ErrorCode = keyof typeof entries
export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = entries
