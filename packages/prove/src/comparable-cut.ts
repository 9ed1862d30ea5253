/**
 * At which cut a live model and batch can be compared.
 *
 * The live runner goes from cut to cut in steps, and one step may span several cuts. What it publishes
 * carries as `asOf` the last cut of its step, so the model's rows at `asOf` equal batch at `asOf`; at a
 * cut within a step they were never published and there is nothing to compare. So the comparable cuts
 * are exactly the ends of steps: the position of the runner, up to which its models are current even
 * where nothing came out of them, and before it each `asOf` that the model has.
 *
 * The position is read before the model's stream: what is published in between has a later `asOf` and is
 * left out.
 */
import { MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'

/** Under which name the live runner keeps its position in the log, and in its state what it published. */
const LIVE_RUNNER = 'live'

/** Of the runner's state: each published model's meaning, and which models are at a cut of their own at present. */
interface LiveState {
  readonly models?: Readonly<Record<string, string>>
  readonly apart?: { readonly cut: number; readonly names: readonly string[] }
}

export interface CutRequest {
  readonly reader: LogReader
  readonly model: string
  /** What the model means now; what was published under another meaning cannot be compared with it. */
  readonly fingerprint?: string | undefined
  /** The newest comparable cut up to this one is taken; default: the newest of all. */
  readonly asked?: number | undefined
}

/** Raises PROOF_NOT_LIVE where the model, as it is now, has not been published up to the cut. */
export function comparableCut(request: CutRequest): number {
  const { reader, model, asked } = request
  const reached = reachedCut(request)
  const cut = reached === null || asked === undefined || reached <= asked ? reached : lastAsOf(reader, model, asked)
  if (cut === null) throw new MillraceError('PROOF_NOT_LIVE', { details: { model, cut: asked ?? reader.cut() } })
  return cut
}

/** How far the runner has come with the model; null where it has not published it, or not in its present meaning. */
function reachedCut({ reader, model, fingerprint }: CutRequest): number | null {
  const progress = reader.progress(LIVE_RUNNER)
  if (progress === null) return null
  const { models = {}, apart } = progress.state as LiveState
  const found = models[model]
  if (found === undefined || (fingerprint !== undefined && fingerprint !== found)) return null
  return apart?.names.includes(model) === true ? apart.cut : progress.transaction
}

/** The newest `asOf` of the model's stream that is not beyond `until`. */
function lastAsOf(reader: LogReader, model: string, until: number): number | null {
  let last: number | null = null
  for (const { asOf } of reader.read(model)) {
    if (asOf === null) continue
    if (asOf > until) break
    last = asOf
  }
  return last
}
