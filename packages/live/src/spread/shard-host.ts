/** Where shards live: in worker threads, or, for tests of what is dealt to whom, in the asking one. */
import { StateMemory, type StateMemoryOptions } from '../spill/state-memory.ts'
import { Shard, type ShardAnswer, type ShardInput, type ShardPlan } from './shard.ts'

export interface HeldShard {
  /** What it is handed is its own from then on. */
  step(inputs: readonly ShardInput[]): Promise<ShardAnswer>
  /** Forgets it. */
  close(): void
}

export interface ShardHost {
  /** How many shards a plan that can be dealt has. */
  readonly size: number
  /** `at`: the worker's number, from 0. */
  open(at: number, plan: ShardPlan): HeldShard
  /** The worker for the next plan that cannot be dealt. */
  nextWhole(): number
}

/** Aborts once a worker is lost, and what it remembered with it. */
export interface RunnerWorkers extends ShardHost {
  readonly broken: AbortSignal
}

/** Shards in the same thread; what they are told and answer is copied, as it would be on its way to another. */
export class ShardsInPlace implements RunnerWorkers {
  readonly size: number
  readonly broken: AbortSignal = new AbortController().signal
  #wholes = 0

  readonly #memory: StateMemory

  constructor(size: number, memory: StateMemoryOptions = {}) {
    this.size = size
    this.#memory = new StateMemory(memory)
  }

  open(_at: number, plan: ShardPlan): HeldShard {
    const shard = new Shard(structuredClone(plan), this.#memory)
    return { step: async (inputs) => structuredClone(shard.step(structuredClone(inputs))), close: () => shard.close() }
  }

  nextWhole(): number {
    this.#wholes += 1
    return this.#wholes % this.size
  }

  close(): void {
    this.#memory.close()
  }
}
