/** How long each step and all that waits for it take at least: who is furthest from the end goes first. */
export interface TimedStep {
  readonly seconds: number
  readonly inputs: readonly string[]
}

/** The steps stand in an order in which each comes after its inputs. */
export function remainingSeconds(steps: ReadonlyMap<string, TimedStep>): Map<string, number> {
  const behind = new Map<string, number>()
  const remaining = new Map<string, number>()
  for (const [name, { seconds, inputs }] of [...steps].toReversed()) {
    const own = seconds + (behind.get(name) ?? 0)
    remaining.set(name, own)
    for (const input of inputs) behind.set(input, Math.max(behind.get(input) ?? 0, own))
  }
  return remaining
}

/** The chain of steps that no number of workers makes shorter. */
export function criticalPath(steps: ReadonlyMap<string, TimedStep>): string[] {
  const remaining = remainingSeconds(steps)
  const longest = (names: Iterable<string>): string | undefined =>
    [...names].reduce<string | undefined>(
      (best, name) => ((remaining.get(name) ?? 0) > (remaining.get(best ?? '') ?? -1) ? name : best),
      undefined,
    )
  const readers = new Map<string, string[]>()
  for (const [name, { inputs }] of steps) for (const input of inputs) readers.set(input, [...(readers.get(input) ?? []), name])
  const path: string[] = []
  for (let at = longest(steps.keys()); at !== undefined; at = longest(readers.get(at) ?? [])) path.push(at)
  return path
}
