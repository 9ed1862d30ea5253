/**
 * What is to be committed together: events of many agents as one transaction of the source, with how far each
 * of the agents is thereby, and with what was set aside.
 */
import { type Append, BatchBuilder, type ControlStatement, type Value } from '@millrace/core'
import type { AgentMemory } from './agent-table.ts'
import type { DeclaredStream } from './declared-stream.ts'

export class Group {
  readonly transaction: number
  readonly agents = new Map<string, AgentMemory>()
  readonly control: ControlStatement[] = []
  readonly settled: Promise<void>
  isSettled = false
  /** Events that agents said they dropped, since they last said so. */
  dropped = 0
  #index = 0
  #events = 0
  readonly #builders = new Map<string, { readonly stream: string; readonly partition: number; readonly builder: BatchBuilder }>()
  #resolve: () => void = () => undefined
  #reject: (error: unknown) => void = () => undefined

  constructor(transaction: number) {
    this.transaction = transaction
    this.settled = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever waits for it hears of a failure; where nobody waits, nobody needs to.
    this.settled.catch(() => undefined)
  }

  get isEmpty(): boolean {
    return this.agents.size === 0
  }

  /** Events that became changes; those that were set aside are not among them. */
  get events(): number {
    return this.#events
  }

  /** The next change's place in the transaction. */
  nextIndex(): number {
    this.#index += 1
    return this.#index - 1
  }

  add(declared: DeclaredStream, partition: number, { values, timeMicros }: { values: readonly Value[]; timeMicros: number }): void {
    const name = `${partition} ${declared.stream}`
    let slot = this.#builders.get(name)
    if (slot === undefined) {
      slot = { stream: declared.stream, partition, builder: new BatchBuilder(declared.schema) }
      this.#builders.set(name, slot)
    }
    slot.builder.push('insert', { transaction: this.transaction, index: this.nextIndex(), time: timeMicros }, values)
    this.#events += 1
  }

  appends(): Append[] {
    return [...this.#builders.values()].map(({ stream, partition, builder }) => ({ stream, partition, batch: builder.finish() }))
  }

  succeed(): void {
    this.isSettled = true
    this.#resolve()
  }

  fail(error: unknown): void {
    this.isSettled = true
    this.#reject(error)
  }
}
