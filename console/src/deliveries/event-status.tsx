import type { EventStatus as Status } from '@millrace/serve/api'
import { Badge, type Tone } from '../design/badge.tsx'

const TONE: Readonly<Record<Status, Tone>> = {
  delivered: 'flowing',
  sending: 'quiet',
  waiting: 'quiet',
  retrying: 'lagging',
  parked: 'dead',
}

const SIGN: Readonly<Record<Status, string>> = { delivered: '✓', sending: '↑', waiting: '…', retrying: '↻', parked: '!' }

export function EventStatus({ status }: { readonly status: Status }) {
  return (
    <Badge tone={TONE[status]}>
      <span aria-hidden="true">{SIGN[status]}</span>
      {status}
    </Badge>
  )
}
