/** What a delivery has kept, for the command line and the console. */
import { MillraceError } from '@millrace/base'
import { type ControlValue, type LogReader, OPERATION_NAME, type OperationName } from '@millrace/core'
import { listedEvent, number, numberOrNull, type Row, rows, text, textOrNull } from './control-rows.ts'
import type { ListedStatus } from './records.ts'

export type EventStatus = ListedStatus | 'delivered'

export interface EventSummary {
  readonly id: string
  readonly status: EventStatus
  readonly partition: number
  readonly position: number
  /** The key of the row: `order_id=17`. */
  readonly key: string
  readonly operation: OperationName
  /** When the source committed the change. */
  readonly committedMs: number
  readonly attempts: number
  /** The last answer's status; null where there was none. */
  readonly answer: number | null
  /** The code and the sentence of the last failure; null where the last attempt succeeded. */
  readonly error: string | null
  /** Wall time of the next attempt; null where none is planned. */
  readonly dueMs: number | null
  /** Wall time of the last attempt; null where it is not kept. */
  readonly attemptedMs: number | null
  /** Pass it as `before` to go on after this event. */
  readonly cursor: string
}

export interface ListEventsOptions {
  readonly delivery: string
  readonly status?: EventStatus
  /** `order_id=17`, or only the value where the key has one column. */
  readonly key?: string
  readonly limit: number
  /** The `cursor` of the last event of the page before. */
  readonly before?: string
}

/**
 * First what is not delivered (newest change first), then what is (newest attempt first). An event that
 * is to be sent again is among the former only.
 */
export function listEvents(reader: LogReader, options: ListEventsOptions): EventSummary[] {
  const { delivery, status, limit, before } = options
  const pages: EventSummary[] = []
  if (status !== 'delivered' && before?.startsWith('d') !== true) pages.push(...listedPage(reader, options))
  if (pages.length < limit && (status === undefined || status === 'delivered')) {
    const after = before?.startsWith('d') === true ? before : undefined
    pages.push(...deliveredPage(reader, { ...options, delivery, limit: limit - pages.length }, after))
  }
  return pages
}

export interface Attempt {
  readonly delivery: string
  readonly eventId: string
  readonly number: number
  /** Wall time. */
  readonly startedMs: number
  readonly tookMs: number
  readonly delivered: boolean
  readonly answer: number | null
  readonly error: string | null
  /** The beginning of what was answered. */
  readonly response: string | null
}

/** Every attempt kept of one event, the first one first. */
export function listAttempts(reader: LogReader, { eventId, limit = 1000 }: { eventId: string; limit?: number }): Attempt[] {
  return rows(reader, 'select * from delivery_attempt where event_id = ? order by sequence limit ?', [eventId, limit]).map((row) => ({
    delivery: text(row['delivery']),
    eventId: text(row['event_id']),
    number: number(row['attempt']),
    startedMs: number(row['started_ms']),
    tookMs: number(row['took_ms']),
    delivered: number(row['delivered']) === 1,
    answer: numberOrNull(row['answer']),
    error: textOrNull(row['error']),
    response: textOrNull(row['response']),
  }))
}

/** One event, wherever it is kept; raises EVENT_UNKNOWN. */
export function findEvent(reader: LogReader, delivery: string, eventId: string): EventSummary {
  const [listed] = rows(reader, `select * from delivery_event where delivery = ? and event_id = ?`, [delivery, eventId])
  if (listed !== undefined) return listedSummary(listed)
  const [made] = rows(
    reader,
    'select * from delivery_attempt where event_id = ? and delivery = ? order by delivered desc, sequence desc limit 1',
    [eventId, delivery],
  )
  if (made === undefined) throw new MillraceError('EVENT_UNKNOWN', { details: { delivery, id: eventId } })
  return deliveredSummary(made)
}

export interface DeliverySummary {
  readonly name: string
  readonly stream: string
  /** Wall time of the 410 that disabled it; null while it is not. */
  readonly disabledMs: number | null
  readonly delivered: number
  readonly attempts: number
  readonly waiting: number
  readonly retrying: number
  readonly parked: number
  /** When the source committed the oldest change that is waiting or retrying; null where none is. */
  readonly oldestCommittedMs: number | null
}

/** Raises DELIVERY_UNKNOWN for a name that never ran. */
export function deliverySummary(reader: LogReader, name: string): DeliverySummary {
  const [row] = rows(reader, 'select * from delivery where name = ?', [name])
  if (row === undefined) throw new MillraceError('DELIVERY_UNKNOWN', { details: { name } })
  const byStatus = new Map(
    rows(
      reader,
      'select status, count(*) as events, min(committed_us) as oldest_us from delivery_event where delivery = ? group by status',
      [name],
    ).map((group) => [text(group['status']), { events: number(group['events']), oldestUs: number(group['oldest_us']) }]),
  )
  const oldest = [byStatus.get('waiting'), byStatus.get('retrying')].flatMap((group) => (group === undefined ? [] : [group.oldestUs]))
  return {
    name,
    stream: text(row['stream']),
    disabledMs: numberOrNull(row['disabled_ms']),
    delivered: number(row['delivered']),
    attempts: number(row['attempts']),
    waiting: byStatus.get('waiting')?.events ?? 0,
    retrying: byStatus.get('retrying')?.events ?? 0,
    parked: byStatus.get('parked')?.events ?? 0,
    oldestCommittedMs: oldest.length === 0 ? null : Math.min(...oldest) / 1000,
  }
}

/** The generated secret of a delivery that was configured without one; null where it has its own. */
export function deliverySecret(reader: LogReader, name: string): string | null {
  return textOrNull(rows(reader, 'select secret from delivery where name = ?', [name])[0]?.['secret'])
}

function listedPage(reader: LogReader, { delivery, status, key, limit, before }: ListEventsOptions): EventSummary[] {
  const where = ['delivery = ?']
  const parameters: ControlValue[] = [delivery]
  if (status !== undefined) and(where, parameters, 'status = ?', status)
  if (key !== undefined) and(where, parameters, "(key_text = ? or key_text like ? escape '\\')", key, `%=${escaped(key)}`)
  if (before !== undefined) {
    const [, committed, partition, position] = before.split('-').map(Number)
    and(where, parameters, '(committed_us, partition_number, position) < (?, ?, ?)', committed ?? 0, partition ?? 0, position ?? 0)
  }
  return rows(
    reader,
    `select * from delivery_event where ${where.join(' and ')} order by committed_us desc, partition_number desc, position desc limit ?`,
    [...parameters, limit],
  ).map(listedSummary)
}

function deliveredPage(reader: LogReader, { delivery, key, limit }: ListEventsOptions, before: string | undefined): EventSummary[] {
  const where = ['delivery = ?', 'delivered = 1']
  const parameters: ControlValue[] = [delivery]
  if (key !== undefined) and(where, parameters, "(key_text = ? or key_text like ? escape '\\')", key, `%=${escaped(key)}`)
  if (before !== undefined) and(where, parameters, 'sequence < ?', Number(before.slice(2)))
  where.push(`not exists (select 1 from delivery_event as listed where listed.delivery = delivery_attempt.delivery
    and listed.partition_number = delivery_attempt.partition_number and listed.position = delivery_attempt.position)`)
  return rows(reader, `select * from delivery_attempt where ${where.join(' and ')} order by sequence desc limit ?`, [
    ...parameters,
    limit,
  ]).map(deliveredSummary)
}

function and(where: string[], parameters: ControlValue[], condition: string, ...values: ControlValue[]): void {
  where.push(condition)
  parameters.push(...values)
}

function escaped(value: string): string {
  return value.replaceAll(/[\\%_]/g, (character) => `\\${character}`)
}

function listedSummary(row: Row): EventSummary {
  const event = listedEvent(row)
  return {
    ...headOf(row),
    status: event.status,
    attempts: event.attempts,
    answer: event.answer,
    error: event.error,
    dueMs: event.status === 'retrying' ? event.dueMs : null,
    attemptedMs: event.status === 'retrying' ? event.dueMs - event.delayMs : null,
    cursor: `l-${event.committedUs}-${event.partition}-${event.position}`,
  }
}

function deliveredSummary(row: Row): EventSummary {
  return {
    ...headOf(row),
    status: 'delivered',
    attempts: number(row['attempt']),
    answer: numberOrNull(row['answer']),
    error: textOrNull(row['error']),
    dueMs: null,
    attemptedMs: number(row['started_ms']),
    cursor: `d-${number(row['sequence'])}`,
  }
}

function headOf(row: Row): Pick<EventSummary, 'id' | 'partition' | 'position' | 'key' | 'operation' | 'committedMs'> {
  return {
    id: text(row['event_id']),
    partition: number(row['partition_number']),
    position: number(row['position']),
    key: text(row['key_text']),
    operation: OPERATION_NAME[number(row['operation']) as 0 | 1 | 2 | 3],
    committedMs: number(row['committed_us']) / 1000,
  }
}
