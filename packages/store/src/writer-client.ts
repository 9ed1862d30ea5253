/** The writer's thread as the store's own thread sees it: questions by number, and answers to them. */
import { Worker } from 'node:worker_threads'
import { MillraceError } from '@millrace/base'
import type { WriterOptions } from './connection.ts'
import { uncarried } from './store-error.ts'
import type { Reply, Request } from './writer-protocol.ts'

type Question = Request extends infer Each ? (Each extends { id: number } ? Omit<Each, 'id'> : never) : never

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export class WriterClient {
  readonly #path: string
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #opened = Promise.withResolvers<void>()
  readonly #exited = Promise.withResolvers<void>()
  #lastId = 0
  #stopped: Error | null = null
  #isClosing = false

  static async start(options: WriterOptions): Promise<WriterClient> {
    const client = new WriterClient(options)
    try {
      await client.#opened.promise
    } catch (error) {
      await client.#exited.promise
      throw error
    }
    client.#worker.unref()
    return client
  }

  constructor(options: WriterOptions) {
    this.#path = options.path
    this.#worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
      workerData: options,
      name: 'millrace store',
      // V8's own options hold for all threads and are refused here.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    this.#worker.on('message', (replies: readonly Reply[]) => {
      for (const reply of replies) this.#receive(reply)
    })
    this.#worker.on('error', (error) => this.#stop(error instanceof Error ? error.message : String(error)))
    this.#worker.on('exit', (code) => {
      this.#stop(`its writer ended with code ${code}`)
      this.#exited.resolve()
    })
  }

  /** Keeps the process alive until the answer is there. */
  ask<Value>(question: Question, transfer: ArrayBuffer[] = []): Promise<Value> {
    if (this.#stopped !== null) return Promise.reject(this.#stopped)
    this.#lastId += 1
    const id = this.#lastId
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }))
    if (this.#pending.size === 1) this.#worker.ref()
    this.#worker.postMessage({ ...question, id }, transfer)
    return answer as Promise<Value>
  }

  /** The thread ends by itself once it has closed the file. */
  async close(): Promise<void> {
    if (this.#stopped === null) {
      this.#isClosing = true
      this.#worker.ref()
      this.#worker.postMessage({ kind: 'close' } satisfies Request, [])
    }
    await this.#exited.promise
  }

  #receive(reply: Reply): void {
    switch (reply.kind) {
      case 'open':
        return this.#opened.resolve()
      case 'failed':
        return this.#opened.reject(uncarried(reply.error))
      case 'done':
        return this.#settle(reply.id)?.resolve(reply.value)
      case 'rejected':
        return this.#settle(reply.id)?.reject(uncarried(reply.error))
      case 'closed':
        this.#stopped = this.#ended('it was closed')
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0 && !this.#isClosing) this.#worker.unref()
    return pending
  }

  /** The thread is gone: nothing that waits will be answered, and nothing that was not answered is known to be stored. */
  #stop(what: string): void {
    this.#stopped ??= this.#ended(what)
    this.#opened.reject(this.#stopped)
    for (const { reject } of this.#pending.values()) reject(this.#stopped)
    this.#pending.clear()
  }

  #ended(what: string): MillraceError {
    return new MillraceError('STORE_IO', { details: { path: this.#path, what } })
  }
}
