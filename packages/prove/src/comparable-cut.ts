/**
 * At which cut a live model and batch can be compared.
 *
 * The live runner goes from cut to cut in steps, and one step may span several cuts. What it publishes
 * carries as `asOf` the last cut of its step, so the model's rows at `asOf` equal batch at `asOf`; at a
 * cut within a step they were never published and there is nothing to compare. So the comparable cuts
 * are exactly the ends of steps: each `asOf` that the model has, and the position of the runner, up to
 * which the model is current even where nothing came out of it.
 */
import { MillraceError } from '@millrace/base'
import type { LogReader } from '@millrace/core'

/** Under which name the live runner keeps its position in the log. */
const LIVE_RUNNER = 'live'

export interface CutRequest {
  readonly reader: LogReader
  readonly model: string
  /** The newest comparable cut up to this one is taken; default: the newest of all. */
  readonly asked?: number
}

/** Raises PROOF_NOT_LIVE where the model has not got so far. */
export function comparableCut({ reader, model, asked }: CutRequest): number {
  const until = asked ?? Infinity
  const reached = reachedCut(reader)
  const published = lastAsOf(reader, model, until)
  const cut = reached !== null && reached <= until ? Math.max(reached, published ?? 0) : published
  if (cut === null) throw new MillraceError('PROOF_NOT_LIVE', { details: { model, cut: asked ?? reader.cut() } })
  return cut
}

/**
 * How far the live runner has come; null where it never ran. It is read before the model's stream: what
 * is published in between has a later `asOf` and is left out.
 */
function reachedCut(reader: LogReader): number | null {
  return reader.progress(LIVE_RUNNER)?.transaction ?? null
}

/** The newest `asOf` of the model's stream that is not beyond `until`. */
function lastAsOf(reader: LogReader, model: string, until: number): number | null {
  let last: number | null = null
  if (until === Infinity) {
    for (const { partition, next } of reader.extents(model)) {
      if (next === 0) continue
      for (const stored of reader.read(model, { partition, fromPosition: next - 1 }))
        if (stored.asOf !== null) last = Math.max(last ?? 0, stored.asOf)
    }
    return last
  }
  for (const stored of reader.read(model)) {
    if (stored.asOf === null) continue
    if (stored.asOf > until) break
    last = stored.asOf
  }
  return last
}
