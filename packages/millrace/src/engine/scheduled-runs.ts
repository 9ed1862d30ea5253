/**
 * The schedules of a running project. Each run is `millrace run` in a process of its own: checking and planning
 * thousands of models takes seconds of a thread, and capture and live models have no such seconds to give.
 */
import type { Clock, MillraceError } from '@millrace/base'
import {
  type DueOutcome,
  type DueRun,
  type GraphCatalog,
  type Schedule,
  Scheduler,
  scheduleState,
  type ScheduleState,
} from '@millrace/batch/graph'
import type { ScheduleTrouble } from '@millrace/watch'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Project } from '../config/project.ts'
import { schedulesOf } from '../config/schedule.ts'
import { openCatalog } from './open-graph.ts'

export interface ScheduledRunsOptions {
  readonly project: Project
  readonly clock: Clock
  readonly onTrouble: (error: MillraceError) => void
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
/** Of what a failed process wrote to its error output, as much is kept. */
const ERROR_TEXT_LIMIT = 2000

export class ScheduledRuns {
  readonly #options: ScheduledRunsOptions
  readonly #schedules: readonly Schedule[]
  #catalog: GraphCatalog | null = null

  constructor(options: ScheduledRunsOptions) {
    this.#options = options
    this.#schedules = schedulesOf(options.project.config)
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#schedules.length === 0) return
    const { project, clock, onTrouble } = this.#options
    const catalog = openCatalog(project)
    this.#catalog = catalog
    const perform = (due: DueRun, stop: AbortSignal): Promise<DueOutcome> => runProcess(project.folder, due, stop)
    try {
      await new Scheduler({ schedules: this.#schedules, catalog, clock, perform, onTrouble }).run(signal)
    } finally {
      this.#catalog = null
      catalog.close()
    }
  }

  /** What is wrong with schedules now. */
  troubles(): ScheduleTrouble[] {
    const catalog = this.#catalog
    if (catalog === null) return []
    const nowMs = this.#options.clock.nowMs()
    return this.#schedules.flatMap((schedule) => troubleOf(scheduleState(schedule, catalog, nowMs)) ?? [])
  }
}

function troubleOf({ name, last, willBeLate, expectedMs, deadlineMs }: ScheduleState): ScheduleTrouble | null {
  const seeRun = last?.run === null || last === null ? 'See `millrace schedules`.' : `See \`millrace runs ${last.run}\`.`
  if (last?.status === 'failed') return { name, what: 'failed', sentence: `${capital(last.problem ?? 'its models failed')}. ${seeRun}` }
  if (willBeLate && expectedMs !== null && deadlineMs !== null) {
    const sentence = `It is forecast to end ${iso(expectedMs)}, after its deadline ${iso(deadlineMs)}. \`millrace plan\` tells what to speed up.`
    return { name, what: 'will be late', sentence }
  }
  const isLate = last !== null && last.deadlineMs !== null && last.endedMs !== null && last.endedMs > last.deadlineMs
  return isLate
    ? { name, what: 'is late', sentence: `It ended ${iso(last.endedMs ?? 0)}, after its deadline ${iso(last.deadlineMs ?? 0)}. ${seeRun}` }
    : null
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '')
}

function iso(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function runProcess(folder: string, { schedule, deadlineMs }: DueRun, signal: AbortSignal): Promise<DueOutcome> {
  const { words, exclude, environment } = schedule
  const options = ['--project', folder, '--env', environment, '--json']
  if (exclude !== null) options.push('--exclude', exclude)
  if (deadlineMs !== null) options.push('--by', new Date(deadlineMs).toISOString())
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'run', ...options, '--', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  let complained = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  child.stderr.on('data', (data: Buffer) => (complained = (complained + data.toString()).slice(-ERROR_TEXT_LIMIT)))
  const stop = (): unknown => child.kill('SIGTERM')
  signal.addEventListener('abort', stop)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      signal.removeEventListener('abort', stop)
      resolve(outcomeOf(said, complained, signal.aborted))
    })
  })
}

interface Said {
  readonly status?: 'published' | 'unchanged' | 'failed' | 'stopped'
  readonly run?: number | null
  readonly error?: { readonly code: string; readonly message: string }
  readonly errors?: readonly { readonly message: string }[]
}

function outcomeOf(said: string, complained: string, wasStopped: boolean): DueOutcome {
  const { status, run = null, error, errors = [] } = saidIn(said)
  if (error?.code === 'RUN_IN_PROGRESS') return { status: 'busy' }
  if (wasStopped && status !== 'published') return { status: 'stopped', run, problem: null }
  const problems = [...errors, ...(error === undefined ? [] : [error])].map(({ message }) => message)
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  const problem = problems.length === 0 ? null : `${(problems[0] as string).replace(/\.$/, '')}${more}`
  if (status === undefined) return { status: 'failed', run, problem: problem ?? (complained.trim() || 'the process ended without a word') }
  return { status, run, problem }
}

/** The last line is the outcome. */
function saidIn(text: string): Said {
  try {
    return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Said
  } catch {
    return {}
  }
}
