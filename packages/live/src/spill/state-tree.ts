/**
 * The state of one operator or stream in parts by the hash of its rows' keys. At first there is one part;
 * when memory runs short a part that is too large is split in sixteen, by the next bits of the hash.
 *
 * A part is in memory or in the scratch file. Whoever visits parts has one in memory at a time for sure.
 */
import { assert } from '@millrace/base'
import type { Extent, ScratchFile } from './scratch-file.ts'
import type { HeldPart, StateMemory } from './state-memory.ts'

const FAN_BITS = 4
const FAN = 1 << FAN_BITS

export interface StatePart {
  /** About what it takes in memory. */
  readonly bytes: number
  /** What of it is in the scratch file though the part itself is in memory. */
  readonly spilledBytes?: number
}

/** Each part has a number of its own, by which it is known for as long as it is not split. */
export interface PartForm<S extends StatePart> {
  empty(label: number): S
  encode(part: S): Uint8Array
  decode(bytes: Uint8Array, label: number): S
  /** Its rows, to be divided. */
  rows(part: S): DividedRows<S>
  /** Moves what it can of a part that stays in memory; false for one that is to be moved or divided as a whole. */
  relieve?(part: S, scratch: ScratchFile): boolean
  /** A part in memory is of no further use. */
  dropped?(part: S): void
  /** A part has changed, or come to be. */
  changed?(label: number, part: S): void
  /** A part is no more: others have its rows. */
  gone?(label: number): void
}

export interface DividedRows<S extends StatePart> {
  /** The partition hash of each row. */
  readonly hashes: Int32Array
  /** A part with the chosen rows, by their places. */
  choose(rows: Int32Array, label: number): S
}

/** How the parts lie, by their numbers. */
export type Outline = number | { readonly shift: number; readonly children: readonly Outline[] }

interface Branch<S extends StatePart> {
  readonly kind: 'branch'
  readonly shift: number
  readonly children: readonly Node<S>[]
}

type Node<S extends StatePart> = { current: Branch<S> | Leaf<S> }

/** What all trees of one model, or of one stream, take. */
export interface StateSize {
  held: number
  spilled: number
}

interface TreeParts<S extends StatePart> {
  readonly memory: StateMemory
  readonly form: PartForm<S>
  readonly size: StateSize
}

interface Shared<S extends StatePart> extends TreeParts<S> {
  readonly leaves: Map<number, Leaf<S>>
  nextLabel: number
}

class Leaf<S extends StatePart> implements HeldPart {
  readonly kind = 'leaf'
  readonly label: number
  readonly #parts: Shared<S>
  readonly #node: Node<S>
  #state: S | null = null
  #extent: Extent | null = null
  #isPinned = false
  #partlySpilled = 0
  bytes = 0

  constructor(parts: Shared<S>, node: Node<S>, make: (label: number) => S, label: number = parts.nextLabel) {
    this.#parts = parts
    this.#node = node
    this.label = label
    parts.nextLabel = Math.max(parts.nextLabel, label + 1)
    parts.leaves.set(label, this)
    this.#state = make(label)
    this.#measure(this.#state)
  }

  get isPinned(): boolean {
    return this.#isPinned
  }

  /** Lets `act` work on the state, which may change it. */
  use(act: (state: S) => void): void {
    const state = this.#load()
    this.#isPinned = true
    try {
      act(state)
    } finally {
      this.#isPinned = false
      this.#measure(state)
    }
    this.#parts.memory.settle()
  }

  spill(): void {
    const { memory } = this.#parts
    const state = this.#state
    assert(state !== null, 'what is spilled is in memory')
    if (this.#parts.form.relieve?.(state, memory.scratch) === true) {
      this.#measure(state)
      return
    }
    if (this.bytes > memory.partBytesLimit && this.#split(state)) return
    const { form, size } = this.#parts
    this.#extent = memory.scratch.write(form.encode(state))
    size.spilled += this.#extent.bytes
    this.#leave()
  }

  /** It is of no further use. */
  close(): void {
    if (this.#state !== null) this.#parts.form.dropped?.(this.#state)
    this.#parts.size.spilled -= this.#partlySpilled
    this.#leave()
    this.#freeExtent()
    this.#parts.leaves.delete(this.label)
  }

  #load(): S {
    if (this.#state !== null) return this.#state
    assert(this.#extent !== null, 'a part is in memory or in the scratch file')
    this.#state = this.#parts.form.decode(this.#parts.memory.scratch.read(this.#extent), this.label)
    this.#freeExtent()
    return this.#state
  }

  #freeExtent(): void {
    if (this.#extent === null) return
    this.#parts.memory.scratch.free(this.#extent)
    this.#parts.size.spilled -= this.#extent.bytes
    this.#extent = null
  }

  #measure(state: S): void {
    const { bytes, spilledBytes = 0 } = state
    this.#parts.size.held += bytes - this.bytes
    this.#parts.size.spilled += spilledBytes - this.#partlySpilled
    this.#partlySpilled = spilledBytes
    this.#parts.memory.used(this, bytes - this.bytes)
    this.bytes = bytes
    this.#parts.form.changed?.(this.label, state)
  }

  #leave(): void {
    this.#parts.memory.left(this, this.bytes)
    this.#parts.size.held -= this.bytes
    this.bytes = 0
    this.#state = null
  }

  /** One child after the other goes to the scratch file, so that never more than one is in memory beside this part. */
  #split(state: S): boolean {
    const { form } = this.#parts
    const rows = form.rows(state)
    const shift = splittingShift(rows.hashes)
    if (shift < 0) return false
    const children = route(rows.hashes, allRows(rows.hashes.length), shift).map((chosen) => {
      const node = {} as Node<S>
      const leaf = new Leaf(this.#parts, node, (label) => rows.choose(chosen, label))
      node.current = leaf
      leaf.spill()
      return node
    })
    this.#node.current = { kind: 'branch', shift, children }
    this.close()
    form.gone?.(this.label)
    return true
  }
}

export class StateTree<S extends StatePart> {
  readonly #parts: Shared<S>
  #root: Node<S> = {} as Node<S>
  #isForward = false

  constructor(parts: TreeParts<S>) {
    this.#parts = { ...parts, leaves: new Map(), nextLabel: 0 }
    this.#root.current = new Leaf(this.#parts, this.#root, (label) => parts.form.empty(label))
  }

  /** The numbers of all parts. */
  get labels(): Iterable<number> {
    return this.#parts.leaves.keys()
  }

  get outline(): Outline {
    return outlineOf(this.#root)
  }

  /** Puts parts in the place of the empty one, as they once lay. */
  restore(outline: Outline, make: (label: number) => S): void {
    this.close()
    this.#root = restored<S>(outline, (node, label) => {
      node.current = new Leaf(this.#parts, node, make, label)
      this.#parts.memory.settle()
    })
  }

  /** Whether all is one part, so that nothing need be hashed to find it. */
  get isWhole(): boolean {
    return this.#root.current.kind === 'leaf'
  }

  /** Works on the only part. */
  whole(act: (state: S) => void): void {
    const { current } = this.#root
    assert(current.kind === 'leaf', 'there is one part')
    current.use(act)
  }

  /** Works on the part of a number. */
  part(label: number, act: (state: S) => void): void {
    const leaf = this.#parts.leaves.get(label)
    assert(leaf !== undefined, 'the part is known')
    leaf.use(act)
  }

  /** Visits each part that any of the rows belong to, with those rows; per list of hashes a list of rows. */
  visit(hashes: readonly Int32Array[], act: (state: S, rows: readonly Int32Array[]) => void): void {
    // Back the way that it came: what was used last is in memory still, though all do not fit together.
    this.#isForward = !this.#isForward
    this.#visit(this.#root, { hashes, rows: hashes.map((list) => allRows(list.length)) }, act)
  }

  /** Every part, one after the other. */
  each(act: (state: S) => void): void {
    eachOf(this.#root, act)
  }

  close(): void {
    for (const leaf of leavesOf(this.#root)) leaf.close()
  }

  #visit(node: Node<S>, { hashes, rows }: Routed, act: (state: S, rows: readonly Int32Array[]) => void): void {
    const { current } = node
    if (rows.every((list) => list.length === 0)) return
    if (current.kind === 'leaf') {
      current.use((state) => act(state, rows))
      return
    }
    const { shift, children } = current
    const routed = rows.map((list, at) => route(hashes[at] as Int32Array, list, shift))
    for (let at = 0; at < FAN; at += 1) {
      const digit = this.#isForward ? at : FAN - 1 - at
      const child = children[digit] as Node<S>
      const part = routed.map((lists) => lists[digit] as Int32Array)
      this.#visit(child, { hashes, rows: part }, act)
    }
  }
}

interface Routed {
  readonly hashes: readonly Int32Array[]
  readonly rows: readonly Int32Array[]
}

/** The rows by the digit of their hash, in their order. */
function route(hashes: Int32Array, rows: Int32Array, shift: number): readonly Int32Array[] {
  const digitOf = (row: number): number => ((hashes[row] as number) >>> shift) & (FAN - 1)
  const ends = new Int32Array(FAN)
  for (const row of rows) ends[digitOf(row)] = (ends[digitOf(row)] as number) + 1
  for (let digit = 1; digit < FAN; digit += 1) ends[digit] = (ends[digit] as number) + (ends[digit - 1] as number)
  const sorted = new Int32Array(rows.length)
  const next = ends.slice()
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    const row = rows[at] as number
    const digit = digitOf(row)
    const place = (next[digit] as number) - 1
    next[digit] = place
    sorted[place] = row
  }
  return Array.from({ length: FAN }, (_, digit) => sorted.subarray(next[digit], ends[digit]))
}

function allRows(count: number): Int32Array {
  const rows = new Int32Array(count)
  for (let row = 0; row < count; row += 1) rows[row] = row
  return rows
}

/** The highest bits by which rows differ; -1 where all have the same hash: the rows of one key stay together. */
function splittingShift(hashes: Int32Array): number {
  let differing = 0
  for (let row = 1; row < hashes.length; row += 1) differing |= (hashes[row] as number) ^ (hashes[0] as number)
  if (differing === 0) return -1
  return Math.floor((31 - Math.clz32(differing)) / FAN_BITS) * FAN_BITS
}

/** What is split meanwhile is visited as its parts, unless it was visited before. */
function eachOf<S extends StatePart>(node: Node<S>, act: (state: S) => void): void {
  const { current } = node
  if (current.kind === 'leaf') current.use(act)
  else for (const child of current.children) eachOf(child, act)
}

function leavesOf<S extends StatePart>(node: Node<S>): readonly Leaf<S>[] {
  const { current } = node
  return current.kind === 'leaf' ? [current] : current.children.flatMap(leavesOf)
}

function outlineOf<S extends StatePart>({ current }: Node<S>): Outline {
  if (current.kind === 'leaf') return current.label
  return { shift: current.shift, children: current.children.map(outlineOf) }
}

type RestoreLeaf<S extends StatePart> = (node: Node<S>, label: number) => void

function restored<S extends StatePart>(outline: Outline, make: RestoreLeaf<S>): Node<S> {
  const node = {} as Node<S>
  if (typeof outline === 'number') make(node, outline)
  else node.current = { kind: 'branch', shift: outline.shift, children: outline.children.map((child) => restored(child, make)) }
  return node
}

/** The numbers of an outline's parts. */
export function labelsOf(outline: Outline): readonly number[] {
  if (typeof outline === 'number') return [outline]
  return outline.children.flatMap(labelsOf)
}
