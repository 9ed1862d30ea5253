import type { GraphEdge } from '@millrace/serve/api'

/**
 * The column of each node: as far right as its longest way from a beginning; those that are an end of the
 * thread stand together in the last column. Edges that would close a
 * circle are ignored; a thread has none, but a page must not hang if told of one.
 */
export function ranksOf(ids: readonly string[], edges: readonly GraphEdge[], last: (id: string) => boolean): ReadonlyMap<string, number> {
  const ranks = longestWays(ids, edges)
  const most = Math.max(0, ...ranks.values())
  for (const id of ids) if (last(id)) ranks.set(id, most)
  return ranks
}

function longestWays(ids: readonly string[], edges: readonly GraphEdge[]): Map<string, number> {
  const known = new Set(ids)
  const next = new Map<string, string[]>(ids.map((id) => [id, []]))
  const waiting = new Map<string, number>(ids.map((id) => [id, 0]))
  for (const { from, to } of edges) {
    if (!known.has(from) || !known.has(to) || from === to) continue
    next.get(from)?.push(to)
    waiting.set(to, (waiting.get(to) ?? 0) + 1)
  }
  const ranks = new Map<string, number>()
  const front = ids.filter((id) => waiting.get(id) === 0)
  for (const id of front) ranks.set(id, 0)
  for (const id of front) {
    const rank = ranks.get(id) ?? 0
    for (const to of next.get(id) ?? []) {
      ranks.set(to, Math.max(ranks.get(to) ?? 0, rank + 1))
      const left = (waiting.get(to) ?? 0) - 1
      waiting.set(to, left)
      if (left === 0) front.push(to)
    }
  }
  for (const id of ids) if (!ranks.has(id)) ranks.set(id, 0)
  return ranks
}
