/** Who reads whom, both ways, over the models of a graph that are sound. Names are folded. */
import type { CheckedModel } from '../check/checked-graph.ts'

export interface Neighbours {
  /** Models that a model reads. */
  readonly upstream: ReadonlyMap<string, readonly string[]>
  /** Models that read a model, or what is at hand: a stream, a seed. */
  readonly downstream: ReadonlyMap<string, readonly string[]>
}

export function neighboursOf(models: ReadonlyMap<string, CheckedModel>): Neighbours {
  const upstream = new Map<string, string[]>()
  const downstream = new Map<string, string[]>([...models.keys()].map((name) => [name, []]))
  for (const [name, { inputs }] of models) {
    const read = inputs.filter((input) => models.has(input))
    upstream.set(name, read)
    for (const input of inputs) {
      const readers = downstream.get(input) ?? []
      if (readers.length === 0) downstream.set(input, readers)
      readers.push(name)
    }
  }
  return { upstream, downstream }
}

/** All that is reached within so many steps, without the start. */
export function reached(start: Iterable<string>, steps: number, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>()
  let front = [...start]
  for (let step = 0; step < steps && front.length > 0; step += 1) {
    const beyond = new Set<string>()
    for (const name of front) for (const each of next.get(name) ?? []) if (!found.has(each)) beyond.add(each)
    for (const name of beyond) found.add(name)
    front = [...beyond]
  }
  return found
}
