/** The plan of a run, as people and as programs read it. */
import { criticalPath, type RunPlan, type Step } from '@millrace/batch/graph'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

const STEPS_SHOWN = 40
const DOES = { run: 'is computed', reuse: 'takes a version that is there', same: 'stays', kept: 'stays' } as const

export function planAsJson(plan: RunPlan): unknown {
  const steps = [...plan.steps.values()]
  return {
    compute: steps
      .filter(({ action }) => action === 'run')
      .map(({ name, why, estimate, intervals }) => ({ name, why, seconds: estimate, ...(intervals === null ? {} : { intervals }) })),
    reuse: steps.filter(({ action }) => action === 'reuse').map(({ name, why }) => ({ name, why })),
    unchanged: steps.filter(({ action }) => action === 'same').length,
    gone: plan.gone,
    ...forecastOf(steps),
  }
}

export function showRunPlan(terminal: Terminal, plan: RunPlan): void {
  const steps = [...plan.steps.values()]
  const changed = steps.filter(({ action }) => action === 'run' || action === 'reuse')
  const lines = changed
    .slice(0, STEPS_SHOWN)
    .map(({ name, action, why, estimate, intervals }) => [
      name,
      terminal.paint(action === 'run' ? 'yellow' : 'green', DOES[action]),
      `${why ?? ''}${intervalsTold(intervals)}`,
      action === 'run' && estimate !== null ? `${estimate.toFixed(2)} s` : '',
    ])
  const titles = [{ title: 'batch model' }, { title: '' }, { title: 'because' }, { title: 'last time', align: 'right' as const }]
  if (lines.length > 0) for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
  if (changed.length > STEPS_SHOWN) terminal.out(terminal.paint('dim', `and ${changed.length - STEPS_SHOWN} more`))
  for (const name of plan.gone) terminal.out(`${name}  ${terminal.paint('red', 'is no longer shown')}`)
  const toCompute = steps.filter(({ action }) => action === 'run').length
  if (toCompute === 0 && changed.length === 0 && plan.gone.length === 0) return terminal.out('Nothing is to be computed.')
  const { seconds, criticalSeconds, unknown } = forecastOf(steps)
  const known = `${seconds.toFixed(1)} s of work by the last times, of which ${criticalSeconds.toFixed(1)} s one after another`
  terminal.out(`${toCompute} to be computed: ${known}${unknown === 0 ? '' : `; ${unknown} never ran`}.`)
}

function intervalsTold(intervals: Step['intervals']): string {
  if (intervals === null) return ''
  return intervals.known === 0 ? '; every interval' : `; of ${intervals.known} intervals those whose rows changed, and new ones`
}

interface Forecast {
  readonly seconds: number
  /** Of the chain that no number of workers makes shorter. */
  readonly criticalSeconds: number
  readonly path: readonly string[]
  /** How many steps were never run. */
  readonly unknown: number
}

function forecastOf(steps: readonly Step[]): Forecast {
  const run = steps.filter(({ action }) => action === 'run')
  const secondsOf = ({ estimate }: Step): number => estimate ?? 0
  const names = new Set(run.map(({ name }) => name))
  const timed = new Map(
    run.map((step) => [step.name, { seconds: secondsOf(step), inputs: (step.model?.inputs ?? []).filter((input) => names.has(input)) }]),
  )
  const path = criticalPath(timed)
  const total = (timings: Iterable<{ readonly seconds: number }>): number => [...timings].reduce((sum, { seconds }) => sum + seconds, 0)
  return {
    seconds: total(timed.values()),
    criticalSeconds: total(path.flatMap((name) => timed.get(name) ?? [])),
    path,
    unknown: run.filter(({ estimate }) => estimate === null).length,
  }
}
