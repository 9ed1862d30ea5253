/**
 * W3C trace context, made from identities instead of being carried along: whoever knows a change's
 * identity (source, transaction, index) knows its trace, so that the commit at the source, the model's
 * step and the receiver's reply meet in one trace without any of them passing a header to the next.
 */
import { hash } from 'node:crypto'

export interface ChangeIdentity {
  /** The stream that the change was read from. */
  readonly source: string
  readonly transaction: number
  readonly index: number
}

/** 32 hexadecimal digits. */
export function traceIdOf({ source, transaction, index }: ChangeIdentity): string {
  return hash('sha256', `${source}\0${transaction}\0${index}`, 'hex').slice(0, 32)
}

/** 16 hexadecimal digits: one attempt to deliver one event. */
export function spanIdOf(eventId: string, attempt: number): string {
  return hash('sha256', `${eventId}\0${attempt}`, 'hex').slice(0, 16)
}

export function traceparentOf(identity: ChangeIdentity, eventId: string, attempt: number): string {
  return `00-${traceIdOf(identity)}-${spanIdOf(eventId, attempt)}-01`
}
