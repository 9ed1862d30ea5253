import type { RunPlan } from '@millrace/batch/graph'
import type { Clock } from '@millrace/base'
import { progressLine } from './progress.ts'
import type { Terminal } from './terminal.ts'

export interface RunProgress {
  begin(plan: RunPlan): void
  step(told: { readonly name: string; readonly seconds: number }): void
}

/** So often at most the bar is drawn. */
const DRAWN_EVERY_MS = 50

/** A bar with an estimate: how long the steps took last time, at the pace at which this run does them. */
export function runProgress(terminal: Terminal, clock: Clock): RunProgress {
  let estimates = new Map<string, number>()
  let total = 0
  let done = 0
  let workDone = 0
  let work = 0
  let begunMs = 0
  let drawnMs = -Infinity
  return {
    begin: ({ steps }) => {
      const toMake = [...steps.values()].filter(({ version }) => version === null)
      const known = toMake.flatMap(({ estimate }) => estimate ?? [])
      const usual = known.length === 0 ? 1 : known.reduce((sum, seconds) => sum + seconds, 0) / known.length
      estimates = new Map(toMake.map(({ name, estimate }) => [name, estimate ?? usual]))
      total = toMake.length
      work = [...estimates.values()].reduce((sum, seconds) => sum + seconds, 0)
      begunMs = clock.monotonicMs()
    },
    step: ({ name }) => {
      done += 1
      workDone += estimates.get(name) ?? 0
      const nowMs = clock.monotonicMs()
      if (nowMs - drawnMs < DRAWN_EVERY_MS && done < total) return
      drawnMs = nowMs
      const left = workDone === 0 ? 0 : ((nowMs - begunMs) / 1000) * (work / workDone - 1)
      progressLine(terminal, `${done} of ${total}, about ${Math.ceil(left)} s left`)(workDone, work)
    },
  }
}
