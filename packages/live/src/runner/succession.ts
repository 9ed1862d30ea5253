/**
 * Models that were edited: the version that was published last goes on, beside the new one that is being
 * filled, so that readers never wait for the new one to begin. What the old one still publishes meanwhile
 * is taken off what the new one will. When the filling ends, however it does, the old ones go.
 */
import type { BoundModel } from '@millrace/sql'
import type { LiveProgress } from './live-progress.ts'

export interface SuccessionOptions {
  /** What the project's models are now. */
  readonly models: readonly BoundModel[]
  /** What they were when they were last published, bound to the streams as they are; in dependency order. */
  readonly earlier: readonly BoundModel[]
  readonly progress: LiveProgress
}

export class Succession {
  #models: readonly BoundModel[]

  constructor({ models, earlier, progress }: SuccessionOptions) {
    const isPublished = ({ name, fingerprint }: BoundModel): boolean => progress.models[name] === fingerprint
    const wanted = new Set(models.filter((model) => !isPublished(model)).map(({ name }) => name))
    const current = new Set(models.filter(isPublished).map(({ name }) => name))
    const written = new Set(earlier.map(({ name }) => name))
    const kept = new Set<string>()
    for (const model of earlier) {
      // A model that is gone from the project is not brought back for the sake of another.
      const isWhole = model.inputs.every((input) => current.has(input) || kept.has(input) || !(written.has(input) || wanted.has(input)))
      if (wanted.has(model.name) && isPublished(model) && isWhole) kept.add(model.name)
    }
    this.#models = earlier.filter(({ name }) => kept.has(name))
  }

  /** Old versions that still run, in dependency order; none reads a new one, and no new one reads them. */
  get models(): readonly BoundModel[] {
    return this.#models
  }

  has(model: BoundModel): boolean {
    return this.#models.includes(model)
  }

  end(): void {
    this.#models = []
  }
}
