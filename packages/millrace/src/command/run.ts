import { MillraceError } from '@millrace/base'
import { clockTime, type GraphRunOutcome, nextAt, runGraph, Zone } from '@millrace/batch/graph'
import { type CommandContext, type CommandDefinition, EXIT } from '../cli/command.ts'
import { ENVIRONMENT_OPTION, EXCLUDE_OPTION, type GraphWords, graphWords, SELECTION_DETAILS, WINDOW_OPTIONS } from '../cli/graph-options.ts'
import { showError } from '../cli/show-error.ts'
import { predictedSeconds, timeText } from '../cli/show-run.ts'
import { planAsJson, showRunPlan } from '../cli/show-run-plan.ts'
import type { Terminal } from '../cli/terminal.ts'
import { readProject } from '../config/project.ts'
import { openGraph } from '../engine/open-graph.ts'
import { runProgress } from '../cli/run-progress.ts'

export const run: CommandDefinition = {
  usage: '[SELECTION…] [options]',
  example: "millrace run\nmillrace run --env dev 'state:modified+'\nmillrace run daily_sales --from 2026-01-01 --to 2026-03",
  positionals: { least: 0, most: 1000 },
  options: {
    env: ENVIRONMENT_OPTION,
    exclude: EXCLUDE_OPTION,
    ...WINDOW_OPTIONS,
    by: {
      type: 'text',
      value: 'TIME',
      summary: 'when it should have ended, `06:00` or 2026-05-01T06:00Z: says as soon as it is forecast not to',
    },
  },
  details:
    'Computes what changed since the environment was last published, in its SQL or in what it reads, and publishes it as a whole.\n' +
    'A version that another environment made already is taken from there. If a model fails, nothing is published, and the next run\n' +
    `goes on where this one ended; so it does after a crash. All streams are read at one position.\n${SELECTION_DETAILS}`,
  run: (context) => runAndTell(context, graphWords(context), { withPlan: false }),
}

export interface RunManner {
  /** Tells the plan before it is carried out. */
  readonly withPlan: boolean
}

export async function runAndTell(context: CommandContext, words: GraphWords, { withPlan }: RunManner): Promise<number> {
  const { terminal, folder, clock, signal } = context
  const project = await readProject(folder)
  const opened = await openGraph(project, words)
  try {
    for (const error of opened.errors) if (!terminal.json) showError(terminal, error)
    if (opened.errors.length > 0) {
      if (terminal.json) terminal.value({ ok: false, errors: opened.errors.map((error) => error.toJSON()) })
      return EXIT.CONFIGURATION
    }
    const progress = runProgress(terminal, clock)
    const deadlineMs = deadlineOf(context)
    let isLate = false
    const begunMs = clock.monotonicMs()
    const intervals: Told['intervals'] = {}
    const workers = project.config.graph?.workers
    const outcome = await runGraph({
      ...opened.place,
      ...project.config.graph,
      clock,
      signal,
      onPlan: (plan) => {
        if (withPlan && !terminal.json) showRunPlan(terminal, plan, workers)
        progress.begin(plan)
      },
      onStep: (told) => {
        progress.step(told)
        if (told.intervals !== undefined) intervals[told.name] = told.intervals
      },
      deadlineMs,
      onForecast: ({ expectedMs }) => {
        progress.expect(expectedMs)
        if (isLate || deadlineMs === null || expectedMs <= deadlineMs) return
        isLate = true
        terminal.note(`It is forecast to end ${timeText(expectedMs)}, after its deadline ${timeText(deadlineMs)} (UTC).`)
      },
    })
    const { catalog } = opened.place
    const record = outcome.run === null ? null : catalog.run(outcome.run)
    const predicted = record === null ? null : predictedSeconds(record, catalog.forecasts.of(record.id))
    tell(terminal, outcome, {
      workers,
      predicted,
      environment: words.environment,
      seconds: (clock.monotonicMs() - begunMs) / 1000,
      intervals,
    })
    return outcome.status === 'failed' ? EXIT.FAILED : EXIT.OK
  } finally {
    opened.close()
  }
}

function deadlineOf({ options, clock }: CommandContext): number | null {
  const text = options['by']
  if (typeof text !== 'string') return null
  const time = clockTime(text)
  const here = new Zone(Intl.DateTimeFormat().resolvedOptions().timeZone)
  const atMs = time === null ? Date.parse(text) : nextAt(time, here, clock.nowMs())
  if (Number.isNaN(atMs)) throw new MillraceError('USAGE', { details: { problem: `--by takes a time, not '${text}'.`, command: 'run' } })
  return atMs
}

interface Told {
  readonly workers: number | undefined
  /** The seconds that were forecast when the run began; null where it had nothing to compute, or only what never ran. */
  readonly predicted: number | null
  readonly environment: string
  readonly seconds: number
  /** Of models that are kept by intervals. */
  readonly intervals: Record<string, { readonly computed: number; readonly all: number }>
}

function tell(terminal: Terminal, outcome: GraphRunOutcome, told: Told): void {
  const { environment, seconds, intervals, predicted, workers } = told
  const { run: id, status, computed, publication, errors, skipped } = outcome
  if (terminal.json) {
    const result = { ok: errors.length === 0, environment, run: id, status, computed, publication, seconds, predicted, skipped, intervals }
    return terminal.value({ ...result, plan: planAsJson(outcome.plan, workers), errors: errors.map((error) => error.toJSON()) })
  }
  for (const error of errors) showError(terminal, error)
  for (const [name, of] of Object.entries(intervals)) terminal.out(`${name}: ${of.computed} intervals computed, of ${of.all}`)
  const took = `${computed} computed in ${seconds.toFixed(1)} s${predicted === null ? '' : ` (forecast ${predicted.toFixed(1)} s)`}`
  switch (status) {
    case 'published':
      return terminal.out(`${terminal.paint('green', 'Published')} in ${environment}: ${took}; publication ${publication}.`)
    case 'unchanged':
      return terminal.out(
        publication === null
          ? 'There is nothing to run: no batch model is selected. `-- @materialize table` at the head of a model’s file makes it one.'
          : `Nothing has changed: ${environment} stays at publication ${publication}.`,
      )
    case 'failed':
      return terminal.out(
        `${terminal.paint('red', 'Not published')}: ${errors.length} failed, ${skipped.length} not begun, ${took}. ${environment} stays as it was.`,
      )
    default:
      return terminal.out(`Stopped: ${took}, ${skipped.length} not begun. ${environment} stays as it was; \`millrace run\` goes on.`)
  }
}
