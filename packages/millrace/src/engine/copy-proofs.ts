/**
 * Proves the streams against their sources: when asked, and by the clock where the project says so. Each
 * proof reads a table once, so it has a thread of its own, and there is never more than one.
 */
import { type Clock, describeError, MillraceError } from '@millrace/base'
import { lateStreamOf, type LogReader } from '@millrace/core'
import type { CopyProof } from '@millrace/prove'
import type { CopyProofState } from '@millrace/serve'
import { Worker } from 'node:worker_threads'
import type { Project } from '../config/project.ts'
import type { CopyProofAnswer, CopyProofOrder } from './copy-proof-thread.ts'
import { kindOf } from './source/source-kinds.ts'
import { watermarksOf } from './watermarks.ts'

export interface CopyProofsOptions {
  readonly project: Project
  readonly reader: LogReader
  readonly clock: Clock
  readonly onFailure: (error: MillraceError) => void
}

const HOUR_MS = 3_600_000
/** The thread's heap holds some parts of a table at a time; DuckDB's memory is outside of it. */
const HEAP_LIMIT_MB = 256
/** How often it is looked whether a stream is due. */
const LOOK_AGAIN_MS = 5000

export class CopyProofs {
  readonly #options: CopyProofsOptions
  readonly #states = new Map<string, CopyProofState>()
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: CopyProofsOptions) {
    this.#options = options
  }

  /** One for each stream whose source can be asked. */
  states(): readonly CopyProofState[] {
    return this.#provable().map((stream) => this.state(stream))
  }

  state(stream: string): CopyProofState {
    return this.#states.get(stream) ?? never(stream)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, project } = this.#options
    const everyMs = (project.config.proofs?.streamsEveryHours ?? 0) * HOUR_MS
    if (everyMs === 0) return
    const triedMs = new Map<string, number>()
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs()
      const due = this.#provable().find((stream) => (triedMs.get(stream) ?? -Infinity) + everyMs <= nowMs)
      if (due === undefined) {
        await clock.sleep(Math.min(LOOK_AGAIN_MS, everyMs), signal).catch(() => undefined)
        continue
      }
      triedMs.set(due, nowMs)
      await this.prove(due, signal).catch((error: unknown) => this.#tell(error, signal))
    }
  }

  prove(stream: string, signal?: AbortSignal): Promise<CopyProofState> {
    const result = this.#queue.then(() => this.#proveNow(stream, signal))
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #proveNow(stream: string, signal?: AbortSignal): Promise<CopyProofState> {
    const before = this.state(stream)
    if (before.verdict === 'never') this.#states.set(stream, { ...before, verdict: 'running' })
    try {
      const proof = await proveInThread({ folder: this.#options.project.folder, stream }, signal)
      const state = stateOf(proof, this.#options.clock.nowMs())
      this.#states.set(stream, state)
      return state
    } catch (error) {
      this.#states.set(stream, before)
      throw error
    }
  }

  #provable(): string[] {
    const sources = this.#options.project.config.sources ?? {}
    const asked = Object.entries(sources).filter(([, config]) => kindOf(config).copy !== undefined)
    const late = new Set(watermarksOf(this.#options.project.config).map(([stream]) => lateStreamOf(stream)))
    const prefixes = asked.map(([name]) => `${name}.`)
    const streams = this.#options.reader
      .streams()
      .filter(({ kind, name }) => kind === 'table' && !late.has(name) && prefixes.some((prefix) => name.startsWith(prefix)))
    return streams.map(({ name }) => name)
  }

  #tell(error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    const known = error instanceof MillraceError
    this.#options.onFailure(known ? error : new MillraceError('PROOF_FAILED', { cause: error, details: { what: describeError(error) } }))
  }
}

function proveInThread(order: CopyProofOrder, signal?: AbortSignal): Promise<CopyProof> {
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./copy-proof-thread.ts', import.meta.url), {
      workerData: order,
      name: `prove ${order.stream}`,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    })
    let answer: CopyProofAnswer | undefined
    let failure: unknown
    const stop = (): void => worker.postMessage('stop', [])
    signal?.addEventListener('abort', stop)
    worker.on('message', (message: CopyProofAnswer) => (answer = message))
    worker.on('error', (error) => (failure = error))
    worker.on('exit', () => {
      signal?.removeEventListener('abort', stop)
      if (signal?.aborted === true) reject(signal.reason as Error)
      else if (answer !== undefined && 'proof' in answer) resolve(answer.proof)
      else reject(errorOf(order.stream, answer, failure))
    })
  })
}

function errorOf(stream: string, answer: CopyProofAnswer | undefined, failure: unknown): MillraceError {
  if (answer !== undefined && 'error' in answer && answer.error.code !== null) {
    return new MillraceError(answer.error.code, { details: answer.error.details })
  }
  const what = answer !== undefined && 'error' in answer ? answer.error.what : describeError(failure ?? 'it ended without an answer')
  return new MillraceError('PROOF_FAILED', { cause: failure, details: { what: `the thread that proved ${stream}: ${what}` } })
}

function never(stream: string): CopyProofState {
  return { stream, verdict: 'never', atMs: null, place: null, rows: null, differentRows: null, tookMs: null }
}

function stateOf({ stream, verdict, place, rows, differentRows, ms }: CopyProof, atMs: number): CopyProofState {
  return { stream, verdict, atMs, place, rows: rows.source, differentRows, tookMs: Math.round(ms) }
}
