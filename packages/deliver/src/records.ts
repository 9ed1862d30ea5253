/** The rows that a delivery writes, and the statements that write them. */
import type { ControlStatement, ControlValue } from '@millrace/core'
import { type RowsTemplate, rowsStatements } from './rows-statement.ts'

/** `waiting` behind a failing event of its key, or to be sent again; `retrying`; `parked`. */
export type ListedStatus = 'waiting' | 'retrying' | 'parked'

/** What names an event wherever it is kept. */
export interface EventHead {
  readonly partition: number
  readonly position: number
  readonly eventId: string
  readonly key: string
  readonly operation: number
  readonly committedUs: number
}

export interface ListedEvent extends EventHead {
  /** Nothing later in its partition may overtake it, and it nothing earlier. */
  readonly barrier: boolean
  readonly status: ListedStatus
  readonly attempts: number
  readonly attemptsLimit: number
  /** Wall time, and the delay that led to it: after a restart the shorter of the two counts. */
  readonly dueMs: number
  readonly delayMs: number
  readonly answer: number | null
  readonly error: string | null
}

export interface AttemptMade extends EventHead {
  readonly attempt: number
  readonly startedMs: number
  readonly tookMs: number
  readonly delivered: boolean
  readonly answer: number | null
  readonly error: string | null
  readonly response: string | null
}

const EVENT: RowsTemplate = {
  before: `insert into delivery_event (delivery, partition_number, position, event_id, key_text, operation, committed_us, barrier, status,
    attempts, attempts_limit, due_ms, delay_ms, answer, error) values `,
  columns: 15,
  after: ` on conflict (delivery, partition_number, position) do update set status = excluded.status, attempts = excluded.attempts,
    attempts_limit = excluded.attempts_limit, due_ms = excluded.due_ms, delay_ms = excluded.delay_ms, answer = excluded.answer, error = excluded.error`,
}

const ATTEMPT: RowsTemplate = {
  before: `insert into delivery_attempt (delivery, sequence, event_id, partition_number, position, key_text, operation, committed_us, attempt,
    started_ms, took_ms, delivered, answer, error, response) values `,
  columns: 15,
  after: '',
}

export function listStatements(delivery: string, events: readonly ListedEvent[]): ControlStatement[] {
  return rowsStatements(
    EVENT,
    events.map((event): ControlValue[] => [
      delivery,
      event.partition,
      event.position,
      event.eventId,
      event.key,
      event.operation,
      event.committedUs,
      event.barrier ? 1 : 0,
      event.status,
      event.attempts,
      event.attemptsLimit,
      Math.round(event.dueMs),
      Math.round(event.delayMs),
      event.answer,
      event.error,
    ]),
  )
}

export function unlistStatement(delivery: string, { partition, position }: EventHead): ControlStatement {
  return {
    sql: 'delete from delivery_event where delivery = ? and partition_number = ? and position = ?',
    parameters: [delivery, partition, position],
  }
}

/** `sequence` of the first; the others follow. */
export function attemptStatements(delivery: string, sequence: number, attempts: readonly AttemptMade[]): ControlStatement[] {
  return rowsStatements(
    ATTEMPT,
    attempts.map((made, at): ControlValue[] => [
      delivery,
      sequence + at,
      made.eventId,
      made.partition,
      made.position,
      made.key,
      made.operation,
      made.committedUs,
      made.attempt,
      made.startedMs,
      made.tookMs,
      made.delivered ? 1 : 0,
      made.answer,
      made.error,
      made.response,
    ]),
  )
}

export function forgetAttemptsStatement(delivery: string, beforeSequence: number): ControlStatement {
  return { sql: 'delete from delivery_attempt where delivery = ? and sequence < ?', parameters: [delivery, beforeSequence] }
}

export interface PositionRow {
  readonly partition: number
  readonly next: number
  readonly open: string
}

export function positionStatement(delivery: string, { partition, next, open }: PositionRow): ControlStatement {
  return {
    sql: `insert into delivery_position (delivery, partition_number, next_position, open_positions) values (?, ?, ?, ?)
      on conflict (delivery, partition_number) do update set next_position = excluded.next_position, open_positions = excluded.open_positions`,
    parameters: [delivery, partition, next, open],
  }
}

export function countStatement(delivery: string, delivered: number, attempts: number): ControlStatement {
  return {
    sql: 'update delivery set delivered = delivered + ?, attempts = attempts + ? where name = ?',
    parameters: [delivered, attempts, delivery],
  }
}

export function registerStatement(delivery: string, stream: string, secret: string | null): ControlStatement {
  return {
    sql: `insert into delivery (name, stream, secret, disabled_ms, delivered, attempts) values (?, ?, ?, null, 0, 0)
      on conflict (name) do update set secret = coalesce(delivery.secret, excluded.secret)`,
    parameters: [delivery, stream, secret],
  }
}

export function disableStatement(delivery: string, atMs: number | null): ControlStatement {
  return { sql: 'update delivery set disabled_ms = ? where name = ?', parameters: [atMs === null ? null : Math.round(atMs), delivery] }
}

/** A delivery that was given another stream begins that one anew; its attempts stay on record. */
export function restartStatements(delivery: string, stream: string): ControlStatement[] {
  const other = '(select 1 from delivery where name = ? and stream <> ?)'
  const parameters = [delivery, delivery, stream]
  return [
    { sql: `delete from delivery_position where delivery = ? and exists ${other}`, parameters },
    { sql: `delete from delivery_event where delivery = ? and exists ${other}`, parameters },
    { sql: 'update delivery set stream = ? where name = ?', parameters: [stream, delivery] },
  ]
}
