import { absoluteText, agoText } from './figures.ts'
import { useNow } from './now.ts'

/** A moment: how long ago, and exactly when on hover. */
export function Time({ atMs }: { readonly atMs: number }) {
  const nowMs = useNow()
  return (
    <time dateTime={new Date(atMs).toISOString()} title={absoluteText(atMs)}>
      {agoText(atMs, nowMs)}
    </time>
  )
}
