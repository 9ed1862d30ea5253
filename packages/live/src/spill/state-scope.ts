/** The states of one model: what they take together, and their common end. */
import type { StateMemory, StateOwner } from './state-memory.ts'
import { type PartForm, type StatePart, type StateSize, StateTree } from './state-tree.ts'

export class StateScope implements StateOwner {
  readonly #memory: StateMemory
  readonly #size: StateSize = { held: 0, spilled: 0 }
  readonly #trees: { close(): void }[] = []

  constructor(memory: StateMemory) {
    this.#memory = memory
    memory.opened(this)
  }

  tree<S extends StatePart>(form: PartForm<S>): StateTree<S> {
    const tree = new StateTree({ memory: this.#memory, form, size: this.#size })
    this.#trees.push(tree)
    return tree
  }

  get isBounded(): boolean {
    return this.#memory.isBounded
  }

  get size(): Readonly<StateSize> {
    return this.#size
  }

  /** Gives back all that the states take. */
  close(): void {
    for (const tree of this.#trees) tree.close()
    this.#trees.length = 0
  }
}
