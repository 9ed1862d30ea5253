/** What crosses between a proof's thread and the one that asked for it. */
import { describeError, type ErrorCode, type ErrorDetails, MillraceError } from '@millrace/base'
import type { Proof } from './proof.ts'
import type { ProvenModel } from './prove-model.ts'

export interface ThreadRequest {
  readonly storePath: string
  readonly models: readonly ProvenModel[]
  readonly model: string
  readonly cut?: number
  readonly tolerance?: number
  readonly limit?: number
  readonly memoryLimitMb?: number
}

export type ThreadAnswer = { readonly proof: Proof } | { readonly error: PlainError }

/** An error without its class, which a thread's message cannot carry. */
export interface PlainError {
  readonly code: ErrorCode
  readonly details: ErrorDetails
  readonly frame: string | null
  readonly cause: string | null
}

export function plainError(error: unknown): PlainError {
  if (!(error instanceof MillraceError))
    return { code: 'PROOF_FAILED', details: { what: describeError(error) }, frame: null, cause: stackOf(error) }
  const { code, details, frame, cause } = error
  return { code, details, frame: frame ?? null, cause: cause === undefined ? null : describeError(cause) }
}

export function reviveError({ code, details, frame, cause }: PlainError): MillraceError {
  return new MillraceError(code, { details, ...(frame === null ? {} : { frame }), ...(cause === null ? {} : { cause: new Error(cause) }) })
}

function stackOf(error: unknown): string | null {
  return error instanceof Error ? (error.stack ?? null) : null
}
