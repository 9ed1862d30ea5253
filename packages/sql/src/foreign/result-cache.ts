/** Bounds the results that all expressions together keep: the oldest of the largest go first. */
import type { ForeignSite } from './foreign-site.ts'

const RESULTS_BYTES_LIMIT = 64 * 1024 * 1024

const sites = new Set<WeakRef<ForeignSite>>()
const known = new WeakSet<ForeignSite>()

export function noteResults(site: ForeignSite): void {
  if (!known.has(site)) {
    known.add(site)
    sites.add(new WeakRef(site))
  }
  let total = 0
  for (const reference of sites) {
    const held = reference.deref()
    if (held === undefined) sites.delete(reference)
    else total += held.bytes
  }
  if (total > RESULTS_BYTES_LIMIT) shrinkLargest(total - RESULTS_BYTES_LIMIT / 2)
}

function shrinkLargest(excess: number): void {
  let left = excess
  const held = [...sites].flatMap((reference) => reference.deref() ?? [])
  for (const site of held.toSorted((one, other) => other.bytes - one.bytes)) {
    if (left <= 0) return
    const before = site.bytes
    site.shrink(Math.max(0, before - left))
    left -= before - site.bytes
  }
}
