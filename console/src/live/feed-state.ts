/**
 * What the page knows, moved by what the feed says. Bounded (law 8): the newest changes only. Being
 * connected is not evidence (law 6): a feed without a message for a few seconds counts as lost.
 */
import type { ChangeRecord, Snapshot } from '@millrace/serve/api'

export const CHANGES_LIMIT = 200
export const SILENCE_MS_LIMIT = 4000

export type Connection = 'connecting' | 'live' | 'reconnecting'

export interface FeedState {
  readonly connection: Connection
  /** The last one that came; kept and greyed while the connection is lost. */
  readonly snapshot: Snapshot | null
  /** The newest first. */
  readonly changes: readonly ChangeRecord[]
  /** When the last snapshot came, by the page's monotonic clock. */
  readonly heardAt: number | null
}

export type FeedEvent =
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot; readonly monotonicMs: number }
  | { readonly type: 'lost' }
  | { readonly type: 'second'; readonly monotonicMs: number }

export const NOTHING_YET: FeedState = { connection: 'connecting', snapshot: null, changes: [], heardAt: null }

export function feedReducer(state: FeedState, event: FeedEvent): FeedState {
  switch (event.type) {
    case 'snapshot':
      return {
        connection: 'live',
        snapshot: event.snapshot,
        changes: merged(state, event.snapshot),
        heardAt: event.monotonicMs,
      }
    case 'lost':
      return state.connection === 'connecting' ? state : { ...state, connection: 'reconnecting' }
    case 'second': {
      const silent = state.heardAt !== null && event.monotonicMs - state.heardAt > SILENCE_MS_LIMIT
      return silent && state.connection === 'live' ? { ...state, connection: 'reconnecting' } : state
    }
  }
}

/** New changes before the known ones, each once: a client that joins may be told some twice. */
function merged(state: FeedState, { overview, latest }: Snapshot): readonly ChangeRecord[] {
  // A log that went back is another log: a restored backup, or a new project on the same port.
  const known = (state.snapshot?.overview.startedMs ?? 0) <= overview.startedMs && isLater(state, overview.cut) ? state.changes : []
  if (latest.changes.length === 0) return known
  const fresh = new Map(latest.changes.toReversed().map((change) => [identityOf(change), change]))
  return [...fresh.values(), ...known.filter((change) => !fresh.has(identityOf(change)))].slice(0, CHANGES_LIMIT)
}

function isLater(state: FeedState, cut: number): boolean {
  return cut >= (state.snapshot?.overview.cut ?? 0)
}

/** A change's place in the log: the same for ever (law 5). */
export function identityOf({ stream, partition, position }: ChangeRecord): string {
  return `${stream}/${partition}/${position}`
}
