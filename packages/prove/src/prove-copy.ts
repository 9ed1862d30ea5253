/**
 * Proves one stream against its source: the rows that the source holds at a position of its own, and what
 * the log's changes of all transactions before that position add up to. Both are exact, so a difference
 * of one row or one value is a fault: a change that was lost, repeated or miscarried on the way.
 */
import { type Clock, MillraceError } from '@millrace/base'
import { type LoadProgress, openSnapshot, type Snapshot } from '@millrace/batch'
import type { LogReader, SourceCopy } from '@millrace/core'
import { relationName } from '@millrace/sql'
import { compareRelations, type Comparison, type Row } from './compare-relations.ts'

export interface CopyProofRequest {
  readonly reader: LogReader
  readonly stream: string
  readonly copy: SourceCopy
  readonly clock: Clock
  /** How long the log may take to reach the copy's position. Default a minute. */
  readonly waitMsMax?: number
  /** How many differences are told in full. */
  readonly limit?: number
  readonly memoryLimitMb?: number
  readonly onProgress?: (progress: LoadProgress) => void
  readonly signal?: AbortSignal
}

/** Plain data, so that it can cross a socket or a pipe. */
export interface CopyProof {
  readonly verdict: 'equal' | 'different'
  readonly stream: string
  /** Where in the source both sides were compared, in the source's own words. */
  readonly place: string
  readonly rows: { readonly log: number; readonly source: number }
  readonly differentRows: number
  /** Rows that only the source has. */
  readonly missing: number
  /** Rows that only the log has. */
  readonly extra: number
  readonly changed: number
  readonly columnsDiffering: readonly { readonly name: string; readonly log: string | null; readonly source: string | null }[]
  readonly changedColumns: readonly { readonly name: string; readonly rows: number }[]
  /** The first differences, in order of the key. */
  readonly differences: readonly CopyDifference[]
  readonly ms: number
}

export interface CopyDifference {
  readonly kind: 'missing' | 'extra' | 'changed'
  readonly key: Row
  readonly log: Row | null
  readonly source: Row | null
  readonly columns: readonly string[]
}

const WAIT_MS_MAX = 60_000
const LOOK_AGAIN_MS = 25
const LOG = 'millrace_log'
const SOURCE = 'millrace_source'

/** Raises PROOF_COPY_BEHIND where the log does not reach the position. A difference is an outcome, not an error. */
export async function proveCopy(request: CopyProofRequest): Promise<CopyProof> {
  const began = request.clock.monotonicMs()
  const { reader, stream, copy } = request
  await reached(request)
  const log = `${LOG}.${stream}`
  const source = `${SOURCE}.${stream}`
  const streams = [{ stream, as: log, beforeTransaction: copy.position }]
  const loadSource = (snapshot: Snapshot): Promise<void> =>
    snapshot.loadRows({ relation: source, schema: copy.schema, batches: copy.rows() })
  const snapshot = await openSnapshot({ ...request, streams, cut: reader.cut() }, loadSource)
  try {
    const key = copy.schema.key.map((index) => copy.schema.columns[index]?.name ?? '')
    const limit = request.limit === undefined ? {} : { limit: request.limit }
    const comparison = await compareRelations(snapshot.connection, relationName(log), relationName(source), { key, ...limit })
    return proofOf(comparison, { stream, place: copy.place, ms: request.clock.monotonicMs() - began })
  } finally {
    await snapshot.close()
  }
}

async function reached({ reader, stream, copy, clock, waitMsMax = WAIT_MS_MAX, signal }: CopyProofRequest): Promise<void> {
  const untilMs = clock.monotonicMs() + waitMsMax
  while (!copy.isReached(reader)) {
    signal?.throwIfAborted()
    if (clock.monotonicMs() > untilMs) {
      throw new MillraceError('PROOF_COPY_BEHIND', { details: { stream, place: copy.place, seconds: Math.round(waitMsMax / 1000) } })
    }
    await clock.sleep(LOOK_AGAIN_MS, signal)
  }
}

function proofOf(comparison: Comparison, facts: Pick<CopyProof, 'stream' | 'place' | 'ms'>): CopyProof {
  const { rows, missing, extra, changed, columnsDiffering } = comparison
  return {
    ...facts,
    verdict: comparison.equal ? 'equal' : 'different',
    rows: { log: rows.left, source: rows.right },
    differentRows: columnsDiffering.length > 0 ? Math.max(rows.left, rows.right) : missing + extra + changed,
    missing,
    extra,
    changed,
    columnsDiffering: columnsDiffering.map(({ name, left, right }) => ({ name, log: left, source: right })),
    changedColumns: comparison.changedColumns,
    differences: comparison.differences.map(({ kind, key, left, right, columns }) => ({ kind, key, log: left, source: right, columns })),
  }
}
