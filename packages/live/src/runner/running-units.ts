/** The models that run, in dependency order. What is taken out of them forgets its memory. */
import type { BoundModel } from '@millrace/sql'
import type { LiveUnit } from './live-unit.ts'

export class RunningUnits {
  #units: readonly LiveUnit[] = []

  get all(): readonly LiveUnit[] {
    return this.#units
  }

  replace(units: readonly LiveUnit[]): void {
    const kept = new Set(units)
    for (const unit of this.#units) if (!kept.has(unit)) unit.close()
    this.#units = units
  }

  keep(isKept: (model: BoundModel) => boolean): void {
    this.replace(this.#units.filter(({ model }) => isKept(model)))
  }
}
