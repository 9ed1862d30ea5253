/**
 * Proves law 3 for one model: folds what the live model published, computes the same SQL in batch over
 * the source streams at the very cut that the live rows reflect, and compares the two.
 *
 * Nothing of the live engine takes part: the log is read anew, folded by SQL, and DuckDB computes.
 */
import { MillraceError } from '@millrace/base'
import { type ComputedModel, type LoadProgress, openSnapshot, readsOfModel, resultName, runModel, type Snapshot } from '@millrace/batch'
import type { LogReader } from '@millrace/core'
import { type Plan, relationName } from '@millrace/sql'
import { comparableCut } from './comparable-cut.ts'
import { type CompareOptions, compareRelations, type Comparison } from './compare-relations.ts'
import type { Proof } from './proof.ts'
import { tiesFor } from './ties.ts'
import { toleranceFor } from './tolerance.ts'

export interface ProvenModel extends ComputedModel {
  /** Of the bound model; with it, what was published before its SQL was edited is never taken for it. */
  readonly fingerprint?: string
  /** Of the bound model; with it, sums of floats are given the tolerance that they need. */
  readonly plan?: Plan
}

export interface ProofRequest extends Pick<CompareOptions, 'tolerance' | 'limit'> {
  readonly reader: LogReader
  /** All models that `model` may read, in any order, and itself: bound models, or as they were written. */
  readonly models: readonly ProvenModel[]
  readonly model: string
  /** The newest comparable cut up to this one; default: the newest that the live model reflects. */
  readonly cut?: number
  /** Default 128. */
  readonly memoryLimitMb?: number
  readonly onProgress?: (progress: LoadProgress) => void
  readonly signal?: AbortSignal
}

/** Where the live rows lie, beside what batch computes. */
const LIVE = 'millrace_live'

/** Raises PROOF_NOT_LIVE where the model has published nothing yet. A difference is an outcome, not an error. */
export async function proveModel(request: ProofRequest): Promise<Proof> {
  const startedMs = performance.now()
  const { reader, models, model, signal } = request
  if (!reader.streams().some((stream) => stream.name === model)) throw notLive(request)
  const { fingerprint } = models.find((candidate) => candidate.name === model) ?? {}
  const cut = comparableCut({ reader, model, fingerprint, asked: request.cut })
  const reads = await readsOfModel({ reader, model, models })
  const live = `${LIVE}.${model}`
  try {
    const streams = [...reads.streams, { stream: model, as: live, asOf: cut }]
    const snapshot = await openSnapshot({ ...request, streams, cut })
    try {
      await runModel({ snapshot, model, models })
      const comparison = await compareAll(snapshot, live, request)
      const ties = comparison.equal ? [] : tiesFor(models, model)
      return proofOf(comparison, { ties, model, cut, changes: snapshot.changes, ms: performance.now() - startedMs })
    } finally {
      await snapshot.close()
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** The error that a command ends with when the sides differ; undefined for a proof that holds. */
export function mismatchOf({ verdict, model, cut, differentRows }: Proof): MillraceError | undefined {
  return verdict === 'equal' ? undefined : new MillraceError('PROOF_MISMATCH', { details: { model, cut, count: differentRows } })
}

function compareAll(snapshot: Snapshot, live: string, { model, models, tolerance, limit }: ProofRequest): Promise<Comparison> {
  const schema = snapshot.schemaOf(live)
  const key = schema?.key.map((index) => schema.columns[index]?.name ?? '') ?? []
  return compareRelations(snapshot.connection, relationName(live), resultName(model), {
    key,
    tolerance: tolerance ?? toleranceFor(models, model),
    ...(limit === undefined ? {} : { limit }),
  })
}

function proofOf(comparison: Comparison, facts: Pick<Proof, 'model' | 'cut' | 'changes' | 'ms' | 'ties'>): Proof {
  const { rows, missing, extra, changed, columnsDiffering } = comparison
  const allRows = Math.max(rows.left, rows.right)
  return {
    ...facts,
    verdict: comparison.equal ? 'equal' : 'different',
    rows: { live: rows.left, batch: rows.right },
    differentRows: columnsDiffering.length > 0 ? allRows : missing + extra + changed,
    missing,
    extra,
    changed,
    columnsDiffering: columnsDiffering.map(({ name, left, right }) => ({ name, live: left, batch: right })),
    changedColumns: comparison.changedColumns,
    differences: comparison.differences.map(({ kind, key, left, right, columns }) => ({ kind, key, live: left, batch: right, columns })),
  }
}

function notLive({ model, reader, cut }: ProofRequest): MillraceError {
  return new MillraceError('PROOF_NOT_LIVE', { details: { model, cut: cut ?? reader.cut() } })
}
