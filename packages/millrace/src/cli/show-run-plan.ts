/** The plan of a run, as people and as programs read it. */
import { forecastPlan, type RunForecast, type RunPlan, type Step } from '@millrace/batch/graph'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

const STEPS_SHOWN = 40
const DOES = { run: 'is computed', reuse: 'takes a version that is there', same: 'stays', kept: 'stays' } as const

export function planAsJson(plan: RunPlan, workers?: number): unknown {
  const steps = [...plan.steps.values()]
  return {
    compute: steps
      .filter(({ action }) => action === 'run')
      .map(({ name, why, estimate, intervals }) => ({ name, why, seconds: estimate, ...(intervals === null ? {} : { intervals }) })),
    reuse: steps.filter(({ action }) => action === 'reuse').map(({ name, why }) => ({ name, why })),
    unchanged: steps.filter(({ action }) => action === 'same').length,
    gone: plan.gone,
    forecast: forecastPlan(plan, workers),
  }
}

export function showRunPlan(terminal: Terminal, plan: RunPlan, workers?: number): void {
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
  const titles = [{ title: 'batch model' }, { title: '' }, { title: 'because' }, { title: 'usually', align: 'right' as const }]
  if (lines.length > 0) for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
  if (changed.length > STEPS_SHOWN) terminal.out(terminal.paint('dim', `and ${changed.length - STEPS_SHOWN} more`))
  for (const name of plan.gone) terminal.out(`${name}  ${terminal.paint('red', 'is no longer shown')}`)
  const toCompute = steps.filter(({ action }) => action === 'run').length
  if (toCompute === 0 && changed.length === 0 && plan.gone.length === 0) return terminal.out('Nothing is to be computed.')
  terminal.out(`${toCompute} to be computed.`)
  const forecast = forecastPlan(plan, workers)
  if (forecast.unknown > 0 && forecast.unknown === toCompute) terminal.out('None of them ever ran: how long that takes is not known.')
  else showForecast(terminal, forecast)
}

/** When the run ends, what it cannot end before, and what would make it shorter; the same of a run that was made. */
export function showForecast(terminal: Terminal, forecast: RunForecast, tense: 'takes' | 'took' = 'takes'): void {
  const { seconds, workers, workSeconds, path, pathSeconds, speedUps, unknown } = forecast
  if (unknown > 0) terminal.out(`${unknown} never ran, and ${unknown === 1 ? 'is' : 'are'} counted like the others on average.`)
  if (workSeconds === 0) return
  const about = tense === 'takes' ? `It takes about ${secondsText(seconds)}` : `By what its models took, ${secondsText(seconds)}`
  terminal.out(`${about} with ${workers} at once, for ${secondsText(workSeconds)} of work.`)
  if (path.length > 1) {
    const shown = path.length <= PATH_SHOWN ? path : [...path].sort((one, other) => other.seconds - one.seconds).slice(0, PATH_SHOWN)
    const names = shown.map((step) => `${step.name} ${secondsText(step.seconds)}`).join(', ')
    const told = path.length <= PATH_SHOWN ? names : `of ${path.length} models the longest are ${names}`
    terminal.out(`Critical path, ${secondsText(pathSeconds)}: ${told}.`)
  }
  if (speedUps.length === 0) return
  terminal.out('To speed up first, and how much sooner the run ends if that one takes half as long:')
  const titles = [{ title: '' }, { title: tense, align: 'right' as const }, { title: 'sooner', align: 'right' as const }]
  const lines = speedUps.map((each) => [`  ${each.name}`, secondsText(each.seconds), secondsText(each.savesSeconds)])
  for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
}

const PATH_SHOWN = 6

export function secondsText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(1)} min`
}

function intervalsTold(intervals: Step['intervals']): string {
  if (intervals === null) return ''
  return intervals.known === 0 ? '; every interval' : `; of ${intervals.known} intervals those whose rows changed, and new ones`
}
