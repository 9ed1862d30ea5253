/** Sending events once more under their old ids, and letting a disabled delivery go on. */
import { type LogReader, type LogWriter, OPERATION_NAME } from '@millrace/core'
import { findEvent } from './queries.ts'
import { disableStatement, type ListedEvent, listStatements } from './records.ts'
import { DEFAULT_LIMITS } from './limits.ts'

export interface ResendRequest {
  readonly delivery: string
  readonly eventIds: readonly string[]
  /** Attempts that each gets anew. */
  readonly attemptsLimit?: number
}

export interface ResendRow extends ListedEvent {
  readonly wasParked: boolean
}

/**
 * The rows that make the events wait for their turn again. What waits or is retried already is left out;
 * an id that is not known raises EVENT_UNKNOWN and nothing is sent again.
 */
export function resendRows(reader: LogReader, request: ResendRequest): ResendRow[] {
  const { delivery, eventIds, attemptsLimit = DEFAULT_LIMITS.attemptsLimit } = request
  return [...new Set(eventIds)].flatMap((id): ResendRow[] => {
    const event = findEvent(reader, delivery, id)
    if (event.status === 'waiting' || event.status === 'retrying') return []
    return [
      {
        partition: event.partition,
        position: event.position,
        eventId: event.id,
        key: event.key,
        operation: OPERATION_NAME.indexOf(event.operation),
        committedUs: Math.round(event.committedMs * 1000),
        barrier: false,
        status: 'waiting',
        attempts: event.attempts,
        attemptsLimit: event.attempts + attemptsLimit,
        dueMs: 0,
        delayMs: 0,
        answer: event.answer,
        error: event.error,
        wasParked: event.status === 'parked',
      },
    ]
  })
}

/** For a store that no stage is running on: the events go out at the next start. Resolves with how many. */
export async function resendEvents(reader: LogReader, writer: LogWriter, request: ResendRequest): Promise<number> {
  const rows = resendRows(reader, request)
  if (rows.length > 0) await writer.commit({ control: listStatements(request.delivery, rows) })
  return rows.length
}

/** Ends the state that a 410 brought about. */
export async function enableDelivery(writer: LogWriter, delivery: string): Promise<void> {
  await writer.commit({ control: [disableStatement(delivery, null)] })
}
