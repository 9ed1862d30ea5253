import type { Overview } from '@millrace/serve/api'
import { useEffect, useState } from 'react'

/** The server's wall time, ticking here between its words and while they fail to come. */
export function useServerNow(overview: Overview | null, heardAt: number | null): number {
  const [monotonicMs, setMonotonicMs] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setMonotonicMs(performance.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  if (overview === null || heardAt === null) return 0
  return overview.nowMs + Math.max(0, monotonicMs - heardAt)
}
