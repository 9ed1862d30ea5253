import type { Clock } from '@millrace/base'
import type { RunPlan } from '@millrace/batch/graph'
import { progressLine } from './progress.ts'
import type { Terminal } from './terminal.ts'

export interface RunProgress {
  begin(plan: RunPlan): void
  step(told: { readonly name: string; readonly seconds: number }): void
  /** When the run will end, as it is known now. */
  expect(expectedMs: number): void
}

/** So often at most the bar is drawn. */
const DRAWN_EVERY_MS = 50

/** A bar that is as full as the time has passed that the run takes by its forecast. */
export function runProgress(terminal: Terminal, clock: Clock): RunProgress {
  let total = 0
  let done = 0
  let begunMs = 0
  let endsMs: number | null = null
  let drawnMs = -Infinity
  const draw = (): void => {
    const nowMs = clock.nowMs()
    if (nowMs - drawnMs < DRAWN_EVERY_MS && done < total) return
    drawnMs = nowMs
    const leftMs = Math.max(0, (endsMs ?? nowMs) - nowMs)
    const text = `${done} of ${total}, about ${Math.ceil(leftMs / 1000)} s left`
    progressLine(terminal, text)(nowMs - begunMs, nowMs - begunMs + leftMs)
  }
  return {
    begin: ({ steps }) => {
      total = [...steps.values()].filter(({ version }) => version === null).length
      begunMs = clock.nowMs()
    },
    step: () => {
      done += 1
      draw()
    },
    expect: (expectedMs) => {
      endsMs = expectedMs
      draw()
    },
  }
}
