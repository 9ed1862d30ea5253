import type { Trace } from '@millrace/serve/api'

export interface TraceStep {
  readonly name: 'committed' | 'logged' | 'live' | 'sent' | 'answered'
  /** What happened there, for people. */
  readonly meaning: string
  /** Null where it has not happened, or is not known. */
  readonly atMs: number | null
  /** Since the last known step before; null at the first. */
  readonly sinceMs: number | null
}

const STEPS: readonly (Pick<TraceStep, 'name' | 'meaning'> & { readonly field: keyof Trace })[] = [
  { name: 'committed', meaning: 'the source committed it', field: 'committedMs' },
  { name: 'logged', meaning: 'durable in the log', field: 'loggedMs' },
  { name: 'live', meaning: 'the model moved with it', field: 'liveMs' },
  { name: 'sent', meaning: 'the request left', field: 'sentMs' },
  { name: 'answered', meaning: 'the receiver answered', field: 'answeredMs' },
]

/** The way of one change, step by step. A delivery from a table passes no model, so that step is left out. */
export function traceSteps(trace: Trace): TraceStep[] {
  let before: number | null = null
  return STEPS.filter(({ field }) => field !== 'liveMs' || trace.liveMs !== null).map(({ name, meaning, field }) => {
    const atMs = trace[field]
    // Two clocks may disagree by a little; a step is never shown to take less than nothing.
    const sinceMs = atMs === null || before === null ? null : Math.max(0, atMs - before)
    before = atMs ?? before
    return { name, meaning, atMs, sinceMs }
  })
}

/** From the source's commit to the last step that is known; null where there are not two. */
export function wholeWayMs(trace: Trace): number | null {
  const known = Object.values(trace).filter((value): value is number => value !== null)
  return known.length < 2 ? null : Math.max(0, Math.max(...known) - Math.min(...known))
}
