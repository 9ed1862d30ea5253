/** A run as the scheduler would do it, without doing it: the same queue, the same order, the same number at once. */
import { remainingSeconds, type TimedStep } from '../run/critical-path.ts'
import { ReadyQueue } from '../run/ready-queue.ts'

export interface SimulatedRun {
  /** In an order in which each comes after its inputs; inputs that are not among them are there already. */
  readonly steps: ReadonlyMap<string, TimedStep>
  readonly workers: number
  /** Steps that have begun, whose seconds are those that they still take. */
  readonly begun?: ReadonlySet<string>
}

interface Running {
  readonly name: string
  readonly endsAt: number
}

/** Seconds until the last step ends. */
export function simulateRun({ steps, workers, begun = new Set() }: SimulatedRun): number {
  const ready = new ReadyQueue(remainingSeconds(steps))
  const waiting = new Map<string, number>()
  const readers = new Map<string, string[]>()
  const running: Running[] = []
  let now = 0
  const start = (name: string): unknown => running.push({ name, endsAt: now + (steps.get(name)?.seconds ?? 0) })
  for (const [name, { inputs }] of steps) {
    const awaited = inputs.filter((input) => steps.has(input))
    for (const input of awaited) {
      const others = readers.get(input)
      if (others === undefined) readers.set(input, [name])
      else others.push(name)
    }
    if (begun.has(name)) start(name)
    else if (awaited.length === 0) ready.add(name)
    else waiting.set(name, awaited.length)
  }
  for (;;) {
    while (running.length < workers) {
      const name = ready.take()
      if (name === undefined) break
      start(name)
    }
    const ended = takeFirst(running)
    if (ended === undefined) return now
    now = ended.endsAt
    for (const reader of readers.get(ended.name) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1
      waiting.set(reader, left)
      if (left === 0) ready.add(reader)
    }
  }
}

function takeFirst(running: Running[]): Running | undefined {
  let first = 0
  for (let at = 1; at < running.length; at += 1) if ((running[at]?.endsAt ?? 0) < (running[first]?.endsAt ?? 0)) first = at
  return running.splice(first, 1)[0]
}
