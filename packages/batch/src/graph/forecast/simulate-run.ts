/**
 * A run as the scheduler would do it, without doing it: the same queue, the same order, the same number at once. What
 * to speed up first takes dozens of simulations of thousands of steps, so steps are numbers here.
 */
import type { TimedStep } from '../run/critical-path.ts'
import { ReadyQueue } from '../run/ready-queue.ts'

export interface SimulatedRun {
  /** In an order in which each comes after its inputs; inputs that are not among them are there already. */
  readonly steps: ReadonlyMap<string, TimedStep>
  readonly workers: number
  /** Steps that have begun, whose seconds are those that they still take. */
  readonly begun?: ReadonlySet<string>
}

/** Seconds until the last step ends. */
export function simulateRun(run: SimulatedRun): number {
  return new Simulation(run).seconds()
}

export class Simulation {
  readonly #run: SimulatedRun
  readonly #places: ReadonlyMap<string, number>
  readonly #seconds: Float64Array
  readonly #awaited: Int32Array
  readonly #readers: readonly number[][]

  constructor(run: SimulatedRun) {
    this.#run = run
    this.#places = new Map([...run.steps.keys()].map((name, at) => [name, at]))
    this.#seconds = Float64Array.from(run.steps.values(), ({ seconds }) => seconds)
    this.#awaited = new Int32Array(run.steps.size)
    this.#readers = Array.from(run.steps, () => [])
    let at = 0
    for (const { inputs } of run.steps.values()) {
      for (const input of inputs) {
        const place = this.#places.get(input)
        if (place === undefined) continue
        this.#readers[place]?.push(at)
        this.#awaited[at] = (this.#awaited[at] ?? 0) + 1
      }
      at += 1
    }
  }

  /** Seconds until the last step ends, if one of them takes other seconds than it does. */
  seconds(changed?: { readonly name: string; readonly seconds: number }): number {
    const { workers, begun = new Set() } = this.#run
    const seconds = this.#seconds.slice()
    const place = changed === undefined ? undefined : this.#places.get(changed.name)
    if (changed !== undefined && place !== undefined) seconds[place] = changed.seconds
    const remaining = this.#remaining(seconds)
    const ready = new ReadyQueue<number>((at) => remaining[at] as number)
    const waiting = this.#awaited.slice()
    const running: Running[] = []
    let now = 0
    const start = (at: number): unknown => running.push({ at, endsAt: now + (seconds[at] as number) })
    for (const [name, at] of this.#places)
      if (begun.has(name)) start(at)
      else if (waiting[at] === 0) ready.add(at)
    for (;;) {
      while (running.length < workers) {
        const at = ready.take()
        if (at === undefined) break
        start(at)
      }
      const ended = takeFirst(running)
      if (ended === undefined) return now
      now = ended.endsAt
      for (const reader of this.#readers[ended.at] ?? []) {
        waiting[reader] = (waiting[reader] as number) - 1
        if (waiting[reader] === 0) ready.add(reader)
      }
    }
  }

  /** As `remainingSeconds` of the real queue. */
  #remaining(seconds: Float64Array): Float64Array {
    const remaining = new Float64Array(seconds.length)
    for (let at = seconds.length - 1; at >= 0; at -= 1) {
      let behind = 0
      for (const reader of this.#readers[at] ?? []) behind = Math.max(behind, remaining[reader] as number)
      remaining[at] = behind + (seconds[at] as number)
    }
    return remaining
  }
}

interface Running {
  readonly at: number
  readonly endsAt: number
}

function takeFirst(running: Running[]): Running | undefined {
  let first = 0
  for (let at = 1; at < running.length; at += 1) if ((running[at]?.endsAt ?? 0) < (running[first]?.endsAt ?? 0)) first = at
  return running.splice(first, 1)[0]
}
