/** Rows of the control tables as they are read: whole numbers, texts and nulls, whatever the store hands out. */
import type { ControlValue, LogReader } from '@millrace/core'
import type { ListedEvent, ListedStatus } from './records.ts'

export type Row = Record<string, ControlValue>

/** Before the first delivery has run there are no tables, and so there is nothing to tell. */
export function rows(reader: LogReader, sql: string, parameters: readonly ControlValue[]): Row[] {
  try {
    return reader.control<Row>(sql, parameters)
  } catch (error) {
    if (/no such table|does not exist/.test(messages(error))) return []
    throw error
  }
}

function messages(error: unknown): string {
  return error instanceof Error ? `${error.message} ${messages(error.cause)}` : ''
}

export function number(value: ControlValue | undefined): number {
  return Number(value ?? 0)
}

export function numberOrNull(value: ControlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value)
}

export function text(value: ControlValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

export function textOrNull(value: ControlValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}

export function listedEvent(row: Row): ListedEvent {
  return {
    partition: number(row['partition_number']),
    position: number(row['position']),
    eventId: text(row['event_id']),
    key: text(row['key_text']),
    operation: number(row['operation']),
    committedUs: number(row['committed_us']),
    barrier: number(row['barrier']) === 1,
    status: text(row['status']) as ListedStatus,
    attempts: number(row['attempts']),
    attemptsLimit: number(row['attempts_limit']),
    dueMs: number(row['due_ms']),
    delayMs: number(row['delay_ms']),
    answer: numberOrNull(row['answer']),
    error: textOrNull(row['error']),
  }
}
