/** What is to be done in the stream's order, once everything that was committed before a position has come. */
type Act = () => void | Promise<void>

export class Appointments {
  #open: { readonly position: number; readonly act: Act }[] = []

  isDue(passed: number): boolean {
    return this.#open.length > 0 && this.#open.some(({ position }) => position <= passed)
  }

  make(position: number, act: Act): void {
    this.#open.push({ position, act })
  }

  /** All that are due, in the order in which they were made; what they make in turn too. */
  async keep(passed: number): Promise<void> {
    for (;;) {
      const due = this.#open.find(({ position }) => position <= passed)
      if (due === undefined) return
      this.#open = this.#open.filter((each) => each !== due)
      await due.act()
    }
  }
}
