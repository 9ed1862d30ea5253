/**
 * Which of the project's models run, in which version, and which have failed, with whatever is built on them.
 * A model that was edited goes on as it was before (succession.ts) until the new version is filled.
 */
import { MillraceError } from '@millrace/base'
import type { BoundModel } from '@millrace/sql'
import type { FilledModel } from './filling.ts'
import type { LiveLedger } from './live-ledger.ts'
import type { LiveUnit } from './live-unit.ts'
import { withReaders } from './model-graph.ts'
import type { RunningUnits } from './running-units.ts'
import type { StatusBoard } from './status-board.ts'
import { Succession } from './succession.ts'

export interface RosterParts {
  readonly models: readonly BoundModel[]
  readonly earlier: readonly BoundModel[]
  readonly running: RunningUnits
  readonly status: StatusBoard
  readonly ledger: LiveLedger
}

export class ModelRoster {
  readonly models: readonly BoundModel[]
  readonly #earlier: readonly BoundModel[]
  readonly #running: RunningUnits
  readonly #status: StatusBoard
  readonly #ledger: LiveLedger
  #succession: Succession
  /** Streams whose history is not whole: what reads them has failed for good. */
  readonly #lost = new Set<string>()

  constructor({ models, earlier, running, status, ledger }: RosterParts) {
    this.models = models
    this.#earlier = earlier
    this.#running = running
    this.#status = status
    this.#ledger = ledger
    this.#succession = new Succession({ models, earlier: [], progress: ledger.progress })
  }

  /** The project's models and the old versions that still run, in dependency order each. */
  get all(): readonly BoundModel[] {
    return [...this.models, ...this.#succession.models]
  }

  /** Those that run and have an answer. */
  get alive(): readonly LiveUnit[] {
    return this.#running.all.filter(({ model }) => this.#isAlive(model))
  }

  get hasLost(): boolean {
    return this.#lost.size > 0
  }

  /** Begins with what the log holds, and says which models are published there. Those that are gone from the project are forgotten. */
  begin(): readonly BoundModel[] {
    let published: readonly BoundModel[] = []
    this.#ledger.begin((saved) => {
      this.#succession = new Succession({ models: this.models, earlier: this.#earlier, progress: saved })
      const isPublished = ({ name, fingerprint }: BoundModel): boolean => saved.models[name] === fingerprint
      published = [...this.models.filter(isPublished), ...this.#succession.models]
      return Object.fromEntries(published.map(({ name, fingerprint }) => [name, fingerprint]))
    })
    return published
  }

  isOld(model: BoundModel): boolean {
    return this.#succession.has(model)
  }

  isLost(stream: string): boolean {
    return this.#lost.has(stream)
  }

  isKnown(name: string): boolean {
    return this.#status.has(name) || this.#lost.has(name)
  }

  /** Neither failed nor superseded. */
  isWhole(model: BoundModel): boolean {
    return this.isOld(model) || (this.models.includes(model) && !this.#status.isFailed(model.name))
  }

  /** A model has no answer: an old version goes with all others that are old, a present one with its readers. */
  failed(model: BoundModel, error: unknown): void {
    if (this.isOld(model)) this.endSuccession()
    else this.failReaders(model.name, error)
  }

  /** A stream cannot be read on. */
  lose(stream: string, error: unknown): void {
    this.#lost.add(stream)
    this.failReaders(stream, error)
  }

  /** Takes a model and all built on it out, with the error; anything but a known error stops the stage. */
  failReaders(name: string, error: unknown): void {
    if (!(error instanceof MillraceError)) throw error
    for (const model of withReaders(this.models, new Set([name]))) this.#status.failed(model.name, error)
    // Its stream does not keep up with the cut any more, and nobody may rely on it.
    const published = Object.entries(this.#ledger.progress.models).filter(([model]) => !this.#status.isFailed(model))
    this.#ledger.publish(Object.fromEntries(published))
  }

  /** What has failed forgets what it remembered. */
  dropFailed(): void {
    this.#running.keep((model) => this.#isAlive(model))
  }

  /** The old versions' streams stand still from here on, until the new ones are filled. */
  endSuccession(): void {
    const ended = new Set(this.#succession.models.map(({ name, fingerprint }) => `${name} ${fingerprint}`))
    this.#running.keep((model) => !this.isOld(model))
    this.#succession.end()
    const models = Object.entries(this.#ledger.progress.models).filter(([name, fingerprint]) => !ended.has(`${name} ${fingerprint}`))
    this.#ledger.publish(Object.fromEntries(models))
  }

  /** From here on filled models move with the others. */
  join(filled: readonly FilledModel[]): void {
    const units = new Map([...this.#running.all, ...filled.map(({ unit }) => unit)].map((unit) => [unit.model, unit]))
    if (filled.some(({ difference }) => difference !== null)) this.endSuccession()
    this.#running.replace(this.all.flatMap((model) => units.get(model) ?? []))
    for (const { unit } of filled) if (!this.isOld(unit.model)) this.#status.joined(unit.model.name)
  }

  #isAlive(model: BoundModel): boolean {
    return this.models.includes(model) ? !this.#status.isFailed(model.name) : this.isOld(model)
  }
}
