/**
 * The order within each column, by barycentre sweeps: a node goes to the mean place of its neighbours in
 * the column before, then of those behind, a dozen times. The best order seen is kept.
 */
export interface Layered {
  /** Ids of nodes and of the bends of long edges, column by column. */
  readonly columns: readonly (readonly string[])[]
  /** Each spans exactly one column. */
  readonly segments: readonly { readonly from: string; readonly to: string }[]
}

const SWEEPS = 12

export function ordered({ columns, segments }: Layered): readonly (readonly string[])[] {
  const before = neighbours(segments, 'to', 'from')
  const after = neighbours(segments, 'from', 'to')
  let current = columns
  let best = columns
  let bestCrossings = crossings(columns, after)
  for (let sweep = 0; sweep < SWEEPS && bestCrossings > 0; sweep += 1) {
    current = sweep % 2 === 0 ? swept(current, before) : swept(current.toReversed(), after).toReversed()
    const count = crossings(current, after)
    if (count < bestCrossings) {
      best = current
      bestCrossings = count
    }
  }
  return best
}

type Neighbours = ReadonlyMap<string, readonly string[]>

function neighbours(segments: Layered['segments'], of: 'from' | 'to', to: 'from' | 'to'): Neighbours {
  const map = new Map<string, string[]>()
  for (const segment of segments) {
    const list = map.get(segment[of])
    if (list === undefined) map.set(segment[of], [segment[to]])
    else list.push(segment[to])
  }
  return map
}

function swept(columns: readonly (readonly string[])[], fixed: Neighbours): (readonly string[])[] {
  const done: (readonly string[])[] = []
  for (const column of columns) {
    const places = placesOf(done.at(-1) ?? [])
    const wish = new Map(
      column.map((id, at) => {
        const known = (fixed.get(id) ?? []).flatMap((other) => places.get(other) ?? [])
        return [id, known.length === 0 ? at : mean(known)]
      }),
    )
    done.push(done.length === 0 ? column : column.toSorted((left, right) => (wish.get(left) ?? 0) - (wish.get(right) ?? 0)))
  }
  return done
}

function placesOf(column: readonly string[]): ReadonlyMap<string, number> {
  return new Map(column.map((id, at) => [id, at]))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Pairs of segments that cross, counted column by column with a tree of sums. */
function crossings(columns: readonly (readonly string[])[], after: Neighbours): number {
  let count = 0
  for (const [at, column] of columns.entries()) {
    const places = placesOf(columns[at + 1] ?? [])
    const ends = column.flatMap((id) => (after.get(id) ?? []).flatMap((to) => places.get(to) ?? []).toSorted((left, right) => left - right))
    count += inversions(ends, places.size)
  }
  return count
}

function inversions(ends: readonly number[], size: number): number {
  const tree = new Int32Array(size + 1)
  let count = 0
  for (const [seen, end] of ends.entries()) {
    let notAfter = 0
    for (let at = end + 1; at > 0; at -= at & -at) notAfter += tree[at] ?? 0
    count += seen - notAfter
    for (let at = end + 1; at <= size; at += at & -at) tree[at] = (tree[at] ?? 0) + 1
  }
  return count
}
