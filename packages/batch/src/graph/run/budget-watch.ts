/**
 * Keeps one step within its budget of seconds, and says which budget a failure was of. Memory and what is
 * spilled are DuckDB's own limits: a step that has them gets an engine of its own (see `run-steps.ts`).
 */
import { type Clock, describeError, MillraceError } from '@millrace/base'
import type { Budget, BudgetName } from '../model/budget.ts'
import type { GraphModel } from '../model/model.ts'

/** What a step has used so far, in bytes. */
export interface StepFigures {
  memory: number
  spilled: number
}

export interface BudgetWatchOptions {
  readonly model: GraphModel
  readonly clock: Clock
  readonly figures: StepFigures
  /** Ends what the step is doing now. */
  readonly interrupt: () => void
}

/** A statement that starts after an interruption would run to its end, so it is interrupted again. */
const INTERRUPT_EVERY_MS = 20

export class BudgetWatch {
  readonly #options: BudgetWatchOptions
  readonly #begunMs: number
  /** Null where there are no seconds to keep to: of thousands of models hardly any has them. */
  readonly #ended: AbortController | null
  #interrupting: NodeJS.Timeout | undefined
  #isLate = false

  constructor(options: BudgetWatchOptions) {
    this.#options = options
    this.#begunMs = options.clock.monotonicMs()
    const { seconds } = this.budget
    this.#ended = seconds === undefined ? null : new AbortController()
    if (seconds === undefined || this.#ended === null) return
    const late = (): void => {
      this.#isLate = true
      options.interrupt()
      this.#interrupting = setInterval(options.interrupt, INTERRUPT_EVERY_MS)
    }
    options.clock.sleep(seconds * 1000, this.#ended.signal).then(late, () => undefined)
  }

  get budget(): Budget {
    return this.#options.model.settings.budget
  }

  /** MODEL_OVER_BUDGET for rows. */
  tooManyRows(): MillraceError {
    return this.#over('rows', this.budget.rows, `it yields more rows`)
  }

  /** What a failure of the step is, if it is one of its budget; else the failure. */
  failureOf(error: unknown): unknown {
    const { budget } = this
    // A server ends it by itself.
    const isLate = this.#isLate || (budget.seconds !== undefined && /statement timeout/.test(describeError(error)))
    if (isLate) return this.#over('seconds', budget.seconds, this.#used(), error)
    if (budget.spillMb !== undefined && /temp_file_limit/.test(describeError(error)))
      return this.#over('spill_mb', budget.spillMb, 'what it wrote to temporary files of the server was more', error)
    if (error instanceof MillraceError) return error
    const text = describeError(error)
    if (!/Out of Memory|max_temp_directory_size/i.test(text)) return error
    const { memoryMb, spillMb } = budget
    if (memoryMb !== undefined) {
      const both = spillMb === undefined ? `${memoryMb}` : `${memoryMb} and spill_mb ${spillMb}`
      return this.#over('memory_mb', both, this.#used(), error)
    }
    return this.#hasSpilled(text) ? this.#over('spill_mb', spillMb, this.#used(), error) : error
  }

  /** DuckDB says that memory is short also where the disk is: then much was on it when it was last looked at. */
  #hasSpilled(text: string): boolean {
    const { spillMb } = this.budget
    if (spillMb === undefined) return false
    return /max_temp_directory_size/i.test(text) || this.#options.figures.spilled >= (spillMb * 1024 * 1024) / 2
  }

  end(): void {
    this.#ended?.abort()
    clearInterval(this.#interrupting)
  }

  #used(): string {
    const { figures, clock } = this.#options
    const seconds = ((clock.monotonicMs() - this.#begunMs) / 1000).toFixed(1)
    return `it had run for ${seconds} s and held ${megabytes(figures.memory)} MB in memory and ${megabytes(figures.spilled)} MB on disk`
  }

  #over(budget: BudgetName, limit: number | string | undefined, used: string, cause?: unknown): MillraceError {
    const { file, name } = this.#options.model
    return new MillraceError('MODEL_OVER_BUDGET', { cause, details: { file, model: name, budget, limit: limit ?? 0, used } })
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}
