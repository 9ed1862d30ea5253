/** One run that was made: what was forecast, what it took, what each model cost. */
import {
  type ForecastRecord,
  forecastSteps,
  type GraphCatalog,
  type RunForecast,
  type RunRecord,
  type StepRecord,
} from '@millrace/batch/graph'
import { secondsText, showForecast } from './show-run-plan.ts'
import { tableLines } from './table.ts'
import type { Terminal } from './terminal.ts'

const STEPS_SHOWN = 40

export function runAsJson(catalog: GraphCatalog, run: RunRecord): unknown {
  const steps = catalog.steps.ofRun(run.id)
  const failures = catalog.failures(run.id)
  return { ...run, forecast: catalog.forecasts.of(run.id), failures, actual: actualOf(catalog, run, steps), steps }
}

/** The run simulated with what its models took: its critical path, and what would have shortened it. */
function actualOf(catalog: GraphCatalog, { id }: RunRecord, steps: readonly StepRecord[]): RunForecast {
  const computed = new Set(steps.map(({ model }) => model))
  const timed = steps.map(
    ({ model, seconds, inputs }) => [model, { seconds, inputs: inputs.filter((input) => computed.has(input)) }] as const,
  )
  return { ...forecastSteps(new Map(inOrder(timed)), catalog.forecasts.of(id)?.workers ?? 1), unknown: 0 }
}

/** Each after what it waited for: those that began in the same instant may lie the other way round. */
function inOrder<Timed extends { readonly inputs: readonly string[] }>(
  steps: readonly (readonly [string, Timed])[],
): (readonly [string, Timed])[] {
  const byName = new Map(steps)
  const placed = new Map<string, Timed>()
  const place = (name: string): void => {
    const step = byName.get(name)
    if (step === undefined || placed.has(name)) return
    for (const input of step.inputs) place(input)
    placed.set(name, step)
  }
  for (const [name] of steps) place(name)
  return [...placed]
}

export function showRun(terminal: Terminal, catalog: GraphCatalog, run: RunRecord): void {
  const steps = catalog.steps.ofRun(run.id)
  const forecast = catalog.forecasts.of(run.id)
  const took = run.endedMs === null ? 'has not ended' : `took ${secondsText((run.endedMs - run.startedMs) / 1000)}`
  const predicted = predictedSeconds(run, forecast)
  const told = predicted === null ? '' : `; ${secondsText(predicted)} were forecast`
  const news = forecast === null || forecast.unknown === 0 ? '' : `, with ${forecast.unknown} models that had never run`
  terminal.out(`Run ${run.id} in ${run.environment}, ${timeText(run.startedMs)}: ${run.status}, ${took}${told}${news}.`)
  if (forecast?.deadlineMs !== undefined && forecast.deadlineMs !== null) {
    const end =
      run.status === 'running'
        ? `forecast to end ${timeText(forecast.expectedMs)}`
        : `ended ${timeText(run.endedMs ?? forecast.expectedMs)}`
    terminal.out(`Deadline ${timeText(forecast.deadlineMs)}; ${end}.`)
  }
  if (steps.length === 0) return
  terminal.out('')
  const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' })
  const figures = ['seconds', 'forecast', 'rows read', 'rows', 'bytes', 'memory', 'on disk', 'tried'].map(right)
  const longest = steps.toSorted((one, other) => other.seconds - one.seconds)
  const lines = longest.slice(0, STEPS_SHOWN).map((step) => lineOf(terminal, step))
  for (const line of tableLines(terminal, [{ title: 'model' }, ...figures, { title: '' }], lines)) terminal.out(line)
  if (longest.length > STEPS_SHOWN) terminal.out(terminal.paint('dim', `and ${longest.length - STEPS_SHOWN} more`))
  terminal.out('')
  showForecast(terminal, actualOf(catalog, run, steps), 'took')
}

function lineOf(terminal: Terminal, step: StepRecord): string[] {
  const { model, seconds, predicted, rowsRead, rows, bytes, memory, spilled, attempts, problem, outcome } = step
  const megabytes = (held: number): string => (held === 0 ? '' : `${(held / 1024 / 1024).toFixed(1)} MB`)
  const counts = [rowsRead, rows, bytes].map((count) => count.toLocaleString('en-US'))
  return [
    model,
    seconds.toFixed(3),
    predicted === null ? 'never ran' : predicted.toFixed(3),
    ...counts,
    megabytes(memory),
    megabytes(spilled),
    attempts === 1 ? '' : `${attempts} times`,
    problem === null ? '' : terminal.paint(outcome === 'failed' ? 'red' : 'dim', problem),
  ]
}

/** What was forecast when the run began; null where none of its models had ever run. */
export function predictedSeconds({ planned }: Pick<RunRecord, 'planned'>, forecast: ForecastRecord | null): number | null {
  return forecast === null || forecast.unknown >= planned ? null : forecast.predictedSeconds
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
