/** The entry of the thread that proves one stream against its source. It answers once and ends. */
import { assert, describeError, type ErrorCode, type ErrorDetails, MillraceError } from '@millrace/base'
import type { CopyProof } from '@millrace/prove'
import { openReader } from '@millrace/store'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { loadProject } from '../config/project.ts'
import { proveStream } from './prove-stream.ts'

export interface CopyProofOrder {
  /** The project's: its settings and secrets are read anew. */
  readonly folder: string
  readonly stream: string
}

export type CopyProofAnswer = { readonly proof: CopyProof } | { readonly error: PlainError }

interface PlainError {
  readonly code: ErrorCode | null
  readonly details: ErrorDetails
  readonly what: string
}

async function answerTo({ folder, stream }: CopyProofOrder, signal: AbortSignal): Promise<CopyProofAnswer> {
  try {
    const project = await loadProject(folder)
    const reader = openReader(project.storePath)
    try {
      return { proof: await proveStream({ project, reader, stream, signal }) }
    } finally {
      reader.close()
    }
  } catch (error) {
    const known = error instanceof MillraceError ? { code: error.code, details: error.details } : { code: null, details: {} }
    return { error: { ...known, what: describeError(error) } }
  }
}

assert(!isMainThread && parentPort !== null, 'this file runs as a thread')
const port = parentPort
const stopping = new AbortController()
port.on('message', () => stopping.abort())
port.postMessage(await answerTo(workerData as CopyProofOrder, stopping.signal))
port.close()
