/** What a thread of ours asks of the one that owns a DuckDB, and what it answers. */
import type { Type } from '@millrace/core'

export interface EvaluationRequest {
  /** One expression over the columns `a0`, `a1`, … */
  readonly sql: string
  readonly inputs: readonly Type[]
  readonly output: Type
  readonly count: number
  /** The inputs' columns, as `encodeVectors` writes them. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

export type EvaluationAnswer = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly problem: string }

export interface EvaluatorOptions {
  readonly port: import('node:worker_threads').MessagePort
  /** One number: 0 while a request is open, 1 once its answer is in the port. */
  readonly signal: Int32Array<SharedArrayBuffer>
}
