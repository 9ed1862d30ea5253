/**
 * A proof in a thread of its own, so that the process that hosts it goes on serving. The thread opens the
 * store by itself, reads only, and has bounded memory: DuckDB's limit and the heap's.
 */
import { Worker } from 'node:worker_threads'
import { describeError, MillraceError } from '@millrace/base'
import type { Proof } from './proof.ts'
import type { ProvenModel } from './prove-model.ts'
import { toleranceFor } from './tolerance.ts'
import { reviveError, type ThreadAnswer, type ThreadRequest } from './thread-message.ts'

export interface ThreadProofRequest {
  readonly storePath: string
  readonly models: readonly ProvenModel[]
  readonly model: string
  readonly cut?: number
  readonly tolerance?: number
  readonly limit?: number
  readonly memoryLimitMb?: number
  readonly signal?: AbortSignal
}

/** The thread's heap holds one batch at a time; DuckDB's memory is outside of it. */
const HEAP_LIMIT_MB = 256
/** How long a thread that was told to stop may take to clean up. */
const STOP_LIMIT_MS = 5000

/** As `proveModel`; rejects with the signal's reason once the thread has ended. */
export function proveInThread({ models, signal, tolerance, ...rest }: ThreadProofRequest): Promise<Proof> {
  if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
  const request: ThreadRequest = { ...rest, tolerance: tolerance ?? toleranceFor(models, rest.model), models: models.map(plainModel) }
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./prove-thread.ts', import.meta.url), {
      workerData: request,
      name: `prove ${rest.model}`,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    })
    let answer: ThreadAnswer | undefined
    let failure: unknown
    let timer: NodeJS.Timeout | undefined
    const stop = (): void => {
      worker.postMessage('stop', [])
      timer = setTimeout(() => void worker.terminate(), STOP_LIMIT_MS)
    }
    signal?.addEventListener('abort', stop)
    worker.on('message', (message: ThreadAnswer) => (answer = message))
    worker.on('error', (error) => (failure = error))
    worker.on('exit', (code) => {
      signal?.removeEventListener('abort', stop)
      clearTimeout(timer)
      if (signal?.aborted === true) reject(signal.reason as Error)
      else if (answer === undefined) reject(ended(rest.model, failure ?? `exit code ${code}`))
      else if ('error' in answer) reject(reviveError(answer.error))
      else resolve(answer.proof)
    })
  })
}

function ended(model: string, failure: unknown): MillraceError {
  return new MillraceError('PROOF_FAILED', {
    cause: failure,
    details: { what: `the thread that proved ${model} ended: ${describeError(failure)}` },
  })
}

/** A bound model also carries its plan, which the thread has no use for. */
function plainModel({ name, sql, file, fingerprint, watermarks }: ProvenModel): ProvenModel {
  return {
    name,
    sql,
    ...(file === undefined ? {} : { file }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(watermarks === undefined ? {} : { watermarks }),
  }
}
