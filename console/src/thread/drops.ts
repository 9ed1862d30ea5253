import { dropsPerSecond, speedOf } from './current.ts'

/** The drops on one edge. Bounded (law 8): where there are enough, no further one sets out. */
export const DROPS_LIMIT = 60

export class Drops {
  /** Share of the way, each between 0 and 1, the newest last. */
  readonly places: number[] = []
  #due = 0
  #speed = 0

  /** Moves everything on. `chance` in [0, 1) sets drops apart unevenly, as in water. */
  step(elapsedMs: number, perSecond: number, length: number, chance: () => number): void {
    const seconds = Math.min(elapsedMs, 100) / 1000
    const wanted = perSecond > 0 ? speedOf(perSecond) : Math.max(this.#speed, 70)
    // Speed follows the rate softly; a jump would look like a fault.
    this.#speed += (wanted - this.#speed) * Math.min(1, this.#speed === 0 ? 1 : seconds * 2)
    const way = length <= 0 ? 1 : (this.#speed * seconds) / length
    let gone = 0
    for (const [at, place] of this.places.entries()) {
      this.places[at] = place + way
      if (place + way > 1) gone += 1
    }
    this.places.splice(0, gone)
    this.#due += dropsPerSecond(perSecond) * seconds * (0.5 + chance())
    if (perSecond <= 0) this.#due = Math.min(this.#due, 0.5)
    while (this.#due >= 1) {
      this.#due -= 1
      if (this.places.length < DROPS_LIMIT) this.places.push(0)
    }
  }
}
