/**
 * Does the work of each name once the names that it reads are done, some at a time. Of names that read each
 * other in a circle, the one that comes first in the order does not wait.
 */
export interface OrderedWork {
  /** Each name after those that it reads, where there is no circle. */
  readonly order: readonly string[]
  readonly readsOf: ReadonlyMap<string, Iterable<string>>
  readonly atOnce: number
  readonly work: (name: string) => Promise<void>
}

/** Ends when nothing runs any more; then raises what failed first in the order. */
export async function inOrder({ order, readsOf, atOnce, work }: OrderedWork): Promise<void> {
  const done = new Map<string, Promise<void>>()
  const slots = new Slots(atOnce)
  for (const name of order) {
    const before = [...(readsOf.get(name) ?? [])].flatMap((read) => done.get(read) ?? [])
    done.set(
      name,
      run(before, () => slots.during(() => work(name))),
    )
  }
  const outcomes = await Promise.allSettled(done.values())
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function run(before: readonly Promise<void>[], work: () => Promise<void>): Promise<void> {
  await Promise.all(before)
  await work()
}

class Slots {
  #free: number
  readonly #queue: (() => void)[] = []

  constructor(free: number) {
    this.#free = free
  }

  async during(work: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#queue.push(resolve))
    try {
      await work()
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
