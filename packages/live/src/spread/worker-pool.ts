/**
 * The worker threads of the live models. Where one ends by itself (out of memory) or does not answer, what it
 * held is lost: all that is asked of any is refused from then on, and the runner ends.
 */
import { MillraceError } from '@millrace/base'
import type { HeldShard, RunnerWorkers } from './shard-host.ts'
import type { ShardPlan } from './shard.ts'
import { ModelWorker, type WorkerLimits } from './model-worker.ts'

export class WorkerPool implements RunnerWorkers {
  readonly #workers: readonly ModelWorker[]
  readonly #broken = new AbortController()
  #shards = 0
  #wholes = 0

  /** Raises LIVE_WORKER_LOST where a thread cannot begin. */
  static async start(size: number, limits: WorkerLimits = {}): Promise<WorkerPool> {
    const pool = new WorkerPool(size, limits)
    await Promise.all(pool.#workers.map((worker) => worker.ready))
    return pool
  }

  private constructor(size: number, limits: WorkerLimits) {
    this.#workers = Array.from({ length: size }, (_, at) => new ModelWorker(at, limits, (what) => this.#break(what)))
  }

  get size(): number {
    return this.#workers.length
  }

  /** Aborts, with the error, once a worker is lost. */
  get broken(): AbortSignal {
    return this.#broken.signal
  }

  open(at: number, plan: ShardPlan): HeldShard {
    const worker = this.#workers[at % this.size] as ModelWorker
    this.#shards += 1
    const shard = this.#shards
    worker.open(shard, plan)
    return {
      step: (inputs) => worker.step(shard, inputs),
      close: () => worker.closeShard(shard),
    }
  }

  nextWhole(): number {
    this.#wholes += 1
    return this.#wholes % this.size
  }

  /** What each thread has computed so far. */
  cpuSeconds(): Promise<readonly number[]> {
    return Promise.all(this.#workers.map((worker) => worker.cpuSeconds()))
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()))
  }

  #break(what: string): void {
    if (this.#broken.signal.aborted) return
    const error = new MillraceError('LIVE_WORKER_LOST', { details: { what } })
    this.#broken.abort(error)
    for (const worker of this.#workers) worker.refuse(error)
  }
}
