/** What a delivery finds of itself when it starts again, and what it takes back from the table as it goes. */
import type { LogReader } from '@millrace/core'
import { listedEvent, number, numberOrNull, rows, text } from './control-rows.ts'
import type { ListedEvent } from './records.ts'

/** Events of one key that wait in the table, the oldest first. */
export function waitingOfKey(reader: LogReader, delivery: string, key: string, limit: number): ListedEvent[] {
  return rows(
    reader,
    `select * from delivery_event where delivery = ? and key_text = ? and status <> 'parked' order by partition_number, position limit ?`,
    [delivery, key, limit],
  ).map(listedEvent)
}

export interface WaitingKey {
  readonly key: string
  readonly events: number
  readonly oldestUs: number
  /** Of the event that is being retried; 0 where none is. */
  readonly dueMs: number
  readonly delayMs: number
}

export function waitingKeys(reader: LogReader, delivery: string): WaitingKey[] {
  return rows(
    reader,
    `select key_text, count(*) as events, min(committed_us) as oldest_us,
      max(case when status = 'retrying' then due_ms else 0 end) as due_ms, max(case when status = 'retrying' then delay_ms else 0 end) as delay_ms
      from delivery_event where delivery = ? and status <> 'parked' group by key_text`,
    [delivery],
  ).map((row) => ({
    key: text(row['key_text']),
    events: number(row['events']),
    oldestUs: number(row['oldest_us']),
    dueMs: number(row['due_ms']),
    delayMs: number(row['delay_ms']),
  }))
}

export interface PartitionBacklog {
  readonly partition: number
  readonly listed: number
  /** The position of a barrier that is not yet through; null where there is none. */
  readonly barrier: number | null
}

export function listedByPartition(reader: LogReader, delivery: string): PartitionBacklog[] {
  return rows(
    reader,
    `select partition_number, count(*) as events, max(case when barrier = 1 then position else -1 end) as barrier
      from delivery_event where delivery = ? and status <> 'parked' group by partition_number`,
    [delivery],
  ).map((row) => {
    const barrier = number(row['barrier'])
    return { partition: number(row['partition_number']), listed: number(row['events']), barrier: barrier < 0 ? null : barrier }
  })
}

export interface SavedPosition {
  readonly partition: number
  readonly next: number
  readonly open: string
}

export function savedPositions(reader: LogReader, delivery: string): SavedPosition[] {
  return rows(reader, 'select * from delivery_position where delivery = ?', [delivery]).map((row) => ({
    partition: number(row['partition_number']),
    next: number(row['next_position']),
    open: text(row['open_positions']),
  }))
}

/** The sequence that the next attempt will have. */
export function nextAttemptSequence(reader: LogReader, delivery: string): number {
  const [row] = rows(reader, 'select max(sequence) as newest from delivery_attempt where delivery = ?', [delivery])
  return (numberOrNull(row?.['newest']) ?? 0) + 1
}
