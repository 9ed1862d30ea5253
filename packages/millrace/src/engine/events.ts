/** A delivery's events for people: with every attempt, the change that each tells, and its way in time. */
import type { LogReader, StoredBatch } from '@millrace/core'
import { deliverySummary, type EventSummary as KeptEvent, findEvent, listAttempts, listEvents } from '@millrace/deliver'
import type { Attempt, ChangeRecord, EventDetail, EventsPage, EventsRequest, EventSummary, Trace } from '@millrace/serve'
import { changeRecord } from './change-record.ts'

export function eventsPage(reader: LogReader, { delivery, status, cursor, limit }: EventsRequest): EventsPage {
  const { delivered, waiting, retrying, parked } = deliverySummary(reader, delivery)
  const events = listEvents(reader, {
    delivery,
    limit,
    ...(status === null || status === 'sending' ? {} : { status }),
    ...(cursor === null ? {} : { before: cursor }),
  })
  return {
    delivery,
    counts: { delivered, waiting, retrying, parked },
    events: events.map(summaryOf),
    cursor: events.length < limit ? null : (events.at(-1)?.cursor ?? null),
  }
}

/** `inputs`: what a model reads, so that the moment can be told at which its input was durable. */
export function eventDetail(reader: LogReader, delivery: string, id: string, inputsOf: (stream: string) => readonly string[]): EventDetail {
  const kept = findEvent(reader, delivery, id)
  const { stream } = deliverySummary(reader, delivery)
  const attempts = listAttempts(reader, { eventId: id }).filter((attempt) => attempt.delivery === delivery)
  const stored = batchAt(reader, stream, kept)
  const sent = attempts.findLast((attempt) => attempt.delivered) ?? attempts.at(-1)
  const trace: Trace = {
    committedMs: kept.committedMs,
    loggedMs: stored === null ? null : loggedMs(reader, stored, inputsOf(stream)),
    liveMs: stored === null || stored.asOf === null ? null : stored.committedMs,
    sentMs: sent?.startedMs ?? null,
    answeredMs: sent === undefined || sent.answer === null ? null : sent.startedMs + sent.tookMs,
  }
  return { ...summaryOf(kept), delivery, change: changeOf(stored, kept), attemptsMade: attempts.map(attemptOf), trace }
}

function summaryOf(kept: KeptEvent): EventSummary {
  const { id, status, key, operation, attempts, answer, committedMs, dueMs } = kept
  return { id, status, key, operation, attempts, answer, createdMs: committedMs, dueMs }
}

function attemptOf({ number, startedMs, tookMs, answer, error }: ReturnType<typeof listAttempts>[number]): Attempt {
  return { number, startedMs, tookMs, answer, error }
}

/** The batch that holds the event's change; null once retention has dropped it. */
function batchAt(reader: LogReader, stream: string, { partition, position }: KeptEvent): StoredBatch | null {
  for (const stored of reader.read(stream, { partition, fromPosition: position, bytesLimit: 1 })) {
    return stored.first <= position && position < stored.first + stored.count ? stored : null
  }
  return null
}

function changeOf(stored: StoredBatch | null, { position }: KeptEvent): ChangeRecord | null {
  return stored === null ? null : changeRecord(stored, stored.batch(), position - stored.first)
}

/** For a model: when the newest input that its output reflects became durable. */
function loggedMs(reader: LogReader, stored: StoredBatch, inputs: readonly string[]): number | null {
  if (stored.asOf === null) return stored.committedMs
  for (const input of inputs) {
    for (const batch of reader.read(input, { afterCut: stored.asOf - 1, untilCut: stored.asOf, bytesLimit: 1 })) return batch.committedMs
  }
  return null
}
