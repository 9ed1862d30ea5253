/**
 * Computes the steps of a plan: several at once, each after what it reads, the critical path first. Every
 * finished step is a version on disk and in the catalogue, so that a run that is killed loses only what it
 * had begun. Nothing is shown to anybody here: that is one commit, after the last step.
 */
import { backoffMs, systemRandom } from '@millrace/base'
import type { DuckDBConnection } from '@duckdb/node-api'
import { problemOfRun } from '../../query-error.ts'
import type { StepRecord } from '../catalog/step-record.ts'
import type { Version, VersionDraft } from '../catalog/version.ts'
import { timedSteps } from '../forecast/timed-steps.ts'
import type { StepFigures } from './budget-watch.ts'
import { remainingSeconds } from './critical-path.ts'
import { hold, inputsOf, type MadeStep, type MakingRequest, needsOwnEngine, raise, StepMaker } from './make-step.ts'
import type { Step } from './plan-run.ts'
import { ReadyQueue } from './ready-queue.ts'
import { classOfFailure } from './run-failure.ts'

export interface StepsRequest extends MakingRequest {
  readonly onBegin: (name: string) => void
  readonly onStep: (told: StepTold) => void
}

export interface StepTold {
  readonly name: string
  readonly outcome: 'computed' | 'failed'
  readonly seconds: number
  readonly rows: number
  /** Of a model that is kept by intervals. */
  readonly intervals?: { readonly computed: number; readonly all: number }
}

export interface StepsOutcome {
  /** Every version of the plan that exists now, by folded name. */
  readonly versions: ReadonlyMap<string, Version>
  readonly failures: ReadonlyMap<string, unknown>
  /** Steps that were not begun, because what they read failed or the run was stopped. */
  readonly skipped: readonly string[]
}

const SAMPLE_MS = 100
/** A statement that starts after an interruption would run to its end, so it is interrupted again. */
const INTERRUPT_EVERY_MS = 20
/** So often a step is begun that fails for what may pass by itself. */
const ATTEMPTS_LIMIT = 4
/** Steps whose files are being synced; a connection that makes one more waits for it. */
const SETTLING_LIMIT = 64
const RETRY = { baseMs: 250, limitMs: 5_000, jitter: 0.2 } as const

export async function runSteps(request: StepsRequest): Promise<StepsOutcome> {
  return new StepsRun(request).run()
}

class StepsRun {
  readonly #request: StepsRequest
  /** What can be read by now. */
  readonly #versions = new Map<string, VersionDraft>()
  /** Of these, what the catalogue names. */
  readonly #named = new Map<string, Version>()
  readonly #failures = new Map<string, unknown>()
  readonly #waiting = new Map<string, number>()
  readonly #readers = new Map<string, string[]>()
  readonly #ready: ReadyQueue<string>
  /** Steps that ran out of memory, and are to be tried again, once, by themselves. */
  readonly #alone: string[] = []
  readonly #short = new Set<string>()
  readonly #running = new Map<string, StepFigures>()
  readonly #attempts = new Map<string, { readonly attempts: number; readonly problem: string }>()
  /** Steps that wait until they are tried again. */
  #resting = 0
  #settling = 0
  readonly #idle: DuckDBConnection[]
  readonly #maker: StepMaker
  #stopped = false
  #ended: () => void = () => undefined

  constructor(request: StepsRequest) {
    this.#request = request
    const remaining = remainingSeconds(timedSteps(request.plan))
    this.#ready = new ReadyQueue((name) => remaining.get(name) ?? 0)
    this.#idle = [...request.engine.connections]
    this.#maker = new StepMaker(request, this.#versions, {
      borrow: () => (this.#stopped || this.#ready.size > 0 ? undefined : this.#idle.pop()),
      giveBack: (connection) => {
        this.#idle.push(connection)
        this.#dispatch()
      },
    })
    for (const { name, version } of request.plan.steps.values()) {
      if (version === null) continue
      this.#versions.set(name, version)
      this.#named.set(name, version)
    }
    for (const step of this.#toMake()) this.#arrange(step)
  }

  async run(): Promise<StepsOutcome> {
    const { signal } = this.#request
    let interrupting: NodeJS.Timeout | undefined
    const stop = (): void => {
      this.#stopped = true
      interrupting ??= setInterval(() => this.#maker.interrupt(), INTERRUPT_EVERY_MS)
      this.#maker.interrupt()
    }
    signal.addEventListener('abort', stop)
    let sampled: Promise<void> = Promise.resolve()
    const sampling = setInterval(() => (sampled = sampled.then(() => this.#sample())), SAMPLE_MS)
    try {
      if (signal.aborted) this.#stopped = true
      await new Promise<void>((resolve) => {
        this.#ended = resolve
        this.#dispatch()
      })
    } finally {
      clearInterval(sampling)
      clearInterval(interrupting)
      // DuckDB does not survive that its connection is closed under a statement.
      await sampled
      signal.removeEventListener('abort', stop)
    }
    const skipped = this.#toMake().map(({ name }) => name)
    return {
      versions: this.#named,
      failures: this.#failures,
      skipped: skipped.filter((name) => !this.#named.has(name) && !this.#failures.has(name)),
    }
  }

  #toMake(): Step[] {
    return [...this.#request.plan.steps.values()].filter(({ version }) => version === null)
  }

  #arrange(step: Step): void {
    const awaited = inputsOf(step).filter((input) => !this.#versions.has(input))
    for (const input of awaited) this.#readers.set(input, [...(this.#readers.get(input) ?? []), step.name])
    if (awaited.length === 0) this.#ready.add(step.name)
    else this.#waiting.set(step.name, awaited.length)
  }

  #dispatch(): void {
    while (!this.#stopped && this.#idle.length > 0) {
      const name = this.#ready.take() ?? (this.#running.size === 0 ? this.#alone.pop() : undefined)
      if (name === undefined) break
      void this.#start(this.#request.plan.steps.get(name) as Step, this.#idle.pop() as DuckDBConnection)
    }
    const isDone = this.#stopped || (this.#ready.size === 0 && this.#alone.length === 0)
    if (this.#running.size === 0 && this.#resting === 0 && this.#settling === 0 && isDone) this.#ended()
  }

  async #start(step: Step, connection: DuckDBConnection): Promise<void> {
    const { clock, engine, onBegin } = this.#request
    const begun = { startedMs: clock.nowMs(), memory: 0, spilled: 0 }
    const begunMs = clock.monotonicMs()
    this.#running.set(step.name, begun)
    onBegin(step.name)
    try {
      const worker = this.#short.has(step.name) ? engine.spilling : connection
      const made = await this.#maker.make(step, { connection: worker, figures: begun })
      this.#versions.set(step.name, made.draft)
      this.#release(step.name)
      const settled = this.#settle(step, begun, made)
      if (this.#settling >= SETTLING_LIMIT) await settled
    } catch (error) {
      if (!this.#stopped) this.#fail(step.name, error)
      if (this.#failures.has(step.name)) this.#tellFailed(step, begun, { error, seconds: (clock.monotonicMs() - begunMs) / 1000 })
    }
    this.#running.delete(step.name)
    this.#idle.push(connection)
    this.#dispatch()
  }

  /** Whoever reads it does not wait until it is synced: that would be most of what a small model takes. */
  async #settle(step: Step, begun: Begun, { draft, made, named }: MadeStep): Promise<void> {
    const { seconds, rows, bytes } = draft
    this.#settling += 1
    try {
      this.#named.set(step.name, await named)
      this.#record(step, { ...begun, outcome: 'computed', problem: null, seconds, rows, bytes })
      const intervals = made.intervals === undefined ? {} : { intervals: made.intervals }
      this.#request.onStep({ name: step.name, outcome: 'computed', seconds, rows, ...intervals })
    } catch (error) {
      this.#giveUp(step.name, error)
      this.#tellFailed(step, begun, { error, seconds })
    }
    this.#settling -= 1
    this.#dispatch()
  }

  #tellFailed(step: Step, begun: Begun, { error, seconds }: { readonly error: unknown; readonly seconds: number }): void {
    this.#record(step, { ...begun, outcome: 'failed', problem: problemOfRun(error), seconds, rows: 0, bytes: 0 })
    this.#request.onStep({ name: step.name, outcome: 'failed', seconds, rows: 0 })
  }

  #record(step: Step, ended: Ended): void {
    const { plan, run, catalog } = this.#request
    const tried = this.#attempts.get(step.name)
    catalog.steps.add({
      ...ended,
      run,
      model: step.name,
      predicted: step.estimate,
      rowsRead: step.model === null ? step.rowsRead : inputsOf(step).reduce((sum, input) => sum + this.#maker.rowsOf(input), 0),
      inputs: inputsOf(step).filter((input) => plan.steps.get(input)?.version === null),
      attempts: (tried?.attempts ?? 0) + 1,
      problem: ended.problem ?? tried?.problem ?? null,
    })
  }

  #fail(name: string, error: unknown): void {
    const failure = classOfFailure(error)
    const attempts = (this.#attempts.get(name)?.attempts ?? 0) + 1
    if (failure === 'memory' && !this.#short.has(name)) {
      this.#short.add(name)
      this.#alone.push(name)
    } else if (failure === 'transient' && attempts < ATTEMPTS_LIMIT) {
      this.#attempts.set(name, { attempts, problem: problemOfRun(error) })
      void this.#rest(name, attempts)
    } else this.#giveUp(name, error)
  }

  #giveUp(name: string, error: unknown): void {
    this.#failures.set(name, error)
    this.#request.catalog.addFailure(this.#request.run, name, problemOfRun(error))
    if (classOfFailure(error) === 'disk') this.#stopped = true
  }

  /** What it waits for is another's; its worker has others to do meanwhile. */
  async #rest(name: string, attempt: number): Promise<void> {
    const { clock, signal } = this.#request
    this.#resting += 1
    await clock.sleep(backoffMs(systemRandom, { attempt: attempt - 1, ...RETRY }), signal).catch(() => undefined)
    this.#resting -= 1
    this.#ready.add(name)
    this.#dispatch()
  }

  #release(name: string): void {
    for (const reader of this.#readers.get(name) ?? []) {
      const left = (this.#waiting.get(reader) as number) - 1
      this.#waiting.set(reader, left)
      if (left === 0) this.#ready.add(reader)
    }
  }

  async #sample(): Promise<void> {
    if (this.#running.size === 0) return
    const held = { memory: 0, spilled: 0 }
    await hold(held, this.#request.engine)
    for (const [name, figures] of this.#running) if (!needsOwnEngine(this.#request.plan.steps.get(name) as Step)) raise(figures, held)
  }
}

type Begun = StepFigures & { readonly startedMs: number }

/** How a step ended, for the record. */
type Ended = Pick<StepRecord, 'outcome' | 'problem' | 'startedMs' | 'seconds' | 'rows' | 'bytes' | 'memory' | 'spilled'>
