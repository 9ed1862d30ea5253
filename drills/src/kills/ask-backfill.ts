/** Has the process that is about to be killed read a table's rows once more, as `millrace backfill` does. */
import type { Clock } from '@millrace/base'
import type { Victim } from '../victim/victim.ts'

const PAUSE_MS = 100

export interface BackfillAsked {
  readonly victim: Victim
  readonly stream: string
  readonly where: string
  readonly clock: Clock
}

/** Asked until it is taken: what is still being filled refuses. Resolves with whether it was, once that is known or the process is gone. */
export async function askBackfill({ victim, stream, where, clock }: BackfillAsked): Promise<boolean> {
  while (!victim.ended) {
    await clock.sleep(PAUSE_MS)
    if (victim.url === null) continue
    const answer = await fetch(new URL(`/api/streams/${encodeURIComponent(stream)}/backfill`, victim.url), {
      method: 'POST',
      headers: { 'x-millrace': 'drill' },
      body: JSON.stringify({ where }),
    }).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok === true) return true
  }
  return false
}
