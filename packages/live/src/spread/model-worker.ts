/** One worker thread as the models' thread sees it: questions by number, and answers to them. */
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { MillraceError } from '@millrace/base'
import type { StateMemoryOptions } from '../spill/state-memory.ts'
import { memoryOf } from './carried-batch.ts'
import type { ShardAnswer, ShardInput, ShardPlan } from './shard.ts'
import type { WorkerReply, WorkerRequest } from './worker-protocol.ts'

export interface WorkerLimits {
  /** Of V8's heap in each; as much as this thread may use where nothing is said. */
  readonly heapMegabytes?: number
  /** How long an answer may take. */
  readonly waitMs?: number
  /** What the models' state may take in each. */
  readonly memory?: StateMemoryOptions
}

/** Far beyond any step: what takes longer is stuck. DuckDB's evaluations are given up before. */
const WAIT_MS_LIMIT = 300_000

/** As small as the main thread's: decided in the flags with which Node runs Millrace. */
const YOUNG_MEGABYTES = 12

interface Pending {
  readonly resolve: (answer: ShardAnswer) => void
  readonly reject: (error: Error) => void
}

export class ModelWorker {
  readonly #worker: Worker
  readonly #waitMs: number
  readonly #name: string
  readonly #onLost: (what: string) => void
  readonly #pending = new Map<number, Pending>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #exited = Promise.withResolvers<void>()
  #lastId = 0
  #watch: NodeJS.Timeout | null = null
  #refused: Error | null = null
  #isEnding = false

  constructor(at: number, { heapMegabytes, waitMs = WAIT_MS_LIMIT, memory = {} }: WorkerLimits, onLost: (what: string) => void) {
    this.#waitMs = waitMs
    this.#name = `worker ${at + 1}`
    this.#onLost = onLost
    const heap = heapMegabytes ?? Math.floor(getHeapStatistics().heap_size_limit / 1_048_576)
    this.#worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      workerData: memory,
      name: `millrace live ${at + 1}`,
      resourceLimits: { maxOldGenerationSizeMb: heap, maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      // V8's own options hold for all threads and are refused here.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.on('message', (reply: WorkerReply) => this.#receive(reply))
    this.#worker.on('error', (error: unknown) => this.#lost(error instanceof Error ? error.message : String(error)))
    this.#worker.on('exit', (code) => {
      this.#exited.resolve()
      if (!this.#isEnding) this.#lost(`it ended with code ${code}`)
    })
    this.#ready.promise.catch(() => undefined)
  }

  /** Settles once its thread has begun; only what is waited for keeps the process alive then. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  open(shard: number, plan: ShardPlan): void {
    this.#send({ kind: 'open', shard, plan })
  }

  closeShard(shard: number): void {
    this.#send({ kind: 'close', shard })
  }

  step(shard: number, inputs: readonly ShardInput[]): Promise<ShardAnswer> {
    if (this.#refused !== null) return Promise.reject(this.#refused)
    this.#lastId += 1
    const id = this.#lastId
    const answer = new Promise<ShardAnswer>((resolve, reject) => this.#pending.set(id, { resolve, reject }))
    this.#send(
      { kind: 'step', id, shard, inputs },
      inputs.flatMap(({ batch }) => memoryOf(batch)),
    )
    this.#watchOut()
    return answer
  }

  /** Nothing is answered any more, and nothing asked. */
  refuse(error: Error): void {
    this.#refused = error
    this.#ready.reject(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    this.#watchOut()
  }

  /** What its thread has computed so far. */
  async cpuSeconds(): Promise<number> {
    this.#worker.ref()
    const { user, system } = await this.#worker.cpuUsage()
    this.#watchOut()
    return (user + system) / 1e6
  }

  /** It ends by itself once it has done what it was asked before, so that what it holds open is closed. */
  async end(): Promise<void> {
    this.#isEnding = true
    if (this.#refused === null) this.#send({ kind: 'end' })
    else await this.#worker.terminate()
    this.#worker.ref()
    await this.#exited.promise
  }

  #send(request: WorkerRequest, transfer: ArrayBuffer[] = []): void {
    if (this.#refused === null) this.#worker.postMessage(request, transfer)
  }

  #receive(reply: WorkerReply): void {
    if (reply.kind === 'ready') {
      this.#ready.resolve()
      return this.#watchOut()
    }
    const pending = this.#pending.get(reply.id)
    this.#pending.delete(reply.id)
    this.#watchOut()
    if (reply.kind === 'answer') pending?.resolve(reply.answer)
    else if (reply.kind === 'raised') pending?.reject(new MillraceError(reply.code, { details: reply.details }))
    else pending?.reject(reply.error)
  }

  /** From the last sign of life on, while anything is waited for; only then it keeps the process alive. */
  #watchOut(): void {
    if (this.#pending.size > 0) this.#worker.ref()
    else if (!this.#isEnding) this.#worker.unref()
    if (this.#watch !== null) clearTimeout(this.#watch)
    this.#watch =
      this.#pending.size === 0 ? null : setTimeout(() => this.#lost(`it gave no answer for ${this.#waitMs / 1000} s`), this.#waitMs)
  }

  #lost(what: string): void {
    if (this.#refused === null) this.#onLost(`${this.#name}: ${what}`)
  }
}
