import type { Snapshot } from '@millrace/serve/api'
import { useEffect, useReducer } from 'react'
import { type FeedState, feedReducer, NOTHING_YET } from './feed-state.ts'

const RETRY_MS = 2000

/** Follows the live feed for as long as the page is open. */
export function useFeed(): FeedState {
  const [state, send] = useReducer(feedReducer, NOTHING_YET)
  useEffect(() => {
    let source: EventSource | null = null
    let retry: ReturnType<typeof setTimeout> | undefined
    const open = (): void => {
      source = new EventSource('/api/feed')
      source.addEventListener('snapshot', (event: MessageEvent<string>) => {
        send({ type: 'snapshot', snapshot: JSON.parse(event.data) as Snapshot, monotonicMs: performance.now() })
      })
      source.addEventListener('error', () => {
        send({ type: 'lost' })
        // The browser comes back by itself after a cut, but gives up after a refusal.
        if (source?.readyState !== EventSource.CLOSED) return
        clearTimeout(retry)
        retry = setTimeout(open, RETRY_MS)
      })
    }
    open()
    const second = setInterval(() => send({ type: 'second', monotonicMs: performance.now() }), 1000)
    return () => {
      clearInterval(second)
      clearTimeout(retry)
      source?.close()
    }
  }, [])
  return state
}
