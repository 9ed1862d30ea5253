/**
 * What an answer means. The status line alone decides; a body that broke off or dripped after a 2xx does
 * not undo it, because the receiver had already said that it took the event.
 */
import type { MillraceError } from '@millrace/base'

export type Judgement =
  /** 2xx. */
  | 'delivered'
  /** The receiver refused this event; it says nothing about others. A redirect is one of these. */
  | 'refused'
  /** The endpoint asks for less: everything to it waits. */
  | 'throttled'
  /** No answer at all: everything to it waits. */
  | 'unreachable'
  /** 410: it never wants to hear of us again. */
  | 'gone'

export function judgementOf(answer: { readonly status: number } | MillraceError): Judgement {
  if (!('status' in answer)) return 'unreachable'
  const { status } = answer
  if (status >= 200 && status < 300) return 'delivered'
  if (status === 410) return 'gone'
  if (status === 429 || status === 502 || status === 503 || status === 504) return 'throttled'
  return 'refused'
}
