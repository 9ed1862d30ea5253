/**
 * The rows of one stream as they are now, in parts that come and go in memory as the models' state does. At
 * first there is one part; when memory runs short its rows are divided by their keys. Of events, which nobody
 * looks for, only the newest are kept in memory then.
 *
 * Models that are filled are told the rows one after the other, part by part, while the changes go on.
 */
import { assert } from '@millrace/base'
import {
  type Batch,
  chooseChanges,
  type Layout,
  layoutOf,
  type LogReader,
  type StateChange,
  type StateSegment,
  type Value,
} from '@millrace/core'
import { type Lane, laneValueAt } from '@millrace/sql'
import type { StateScope } from '../spill/state-scope.ts'
import type { StateTree } from '../spill/state-tree.ts'
import { partitionHashes } from '../spill/partition-hash.ts'
import { hashRows } from '../zset/row-hash.ts'
import { concatBatches, emptyBatch, gatherBatch, type ZBatch } from '../zset/z-batch.ts'
import { bagChanges } from './bag-changes.ts'
import { BagFold } from './bag-fold.ts'
import type { FoldChange } from './fold-change.ts'
import type { FoldShape } from './fold-columns.ts'
import { FoldPart } from './fold-part.ts'
import { arrival, departure, keyHashes, routedChanges } from './route-changes.ts'
import { outlineSegment, ownerOfPart, readOutline } from './saved-parts.ts'
import { rewritingRoom } from './saved-rows.ts'
import type { ToldChange } from './told-change.ts'

interface PartCount {
  readonly rows: number
  readonly dirty: number
}

export class PartitionedFold {
  readonly shape: FoldShape
  readonly layouts: readonly Layout[]
  readonly #tree: StateTree<FoldPart>
  readonly #counts = new Map<number, PartCount>()
  #rows = 0
  #dirty = 0
  /** Parts that are no more, and what is saved of them goes with the next saving. */
  readonly #gone = new Set<number>()
  #savedOutline = '0'
  /** Which turn of telling is going on; null for none. */
  #turn: number | null = null
  #turns = 0
  /** Parts that this turn has told to their end. */
  readonly #toldParts = new Set<number>()

  constructor(shape: FoldShape, scope: StateScope) {
    this.shape = shape
    this.layouts = shape.columns.map((column) => layoutOf(column.type))
    const ownerOf = (label: number): string => ownerOfPart(shape.stream, label)
    this.#tree = scope.tree<FoldPart>({
      empty: (label) => new FoldPart(shape, ownerOf(label)),
      encode: (part) => part.encode(),
      decode: (bytes, label) => FoldPart.decode(bytes, shape, ownerOf(label)),
      rows: (part) => part.divided(ownerOf),
      relieve: (part, scratch) => part.relieve(scratch),
      dropped: (part) => part.fold.store.events?.close(),
      changed: (label, part) => this.#count(label, { rows: part.fold.store.rowCount, dirty: part.fold.store.dirtyCount }),
      gone: (label) => {
        this.#gone.add(label)
        this.#count(label, { rows: 0, dirty: 0 })
        this.#counts.delete(label)
      },
    })
  }

  get rowCount(): number {
    return this.#rows
  }

  /** Rows that changed since they were last saved. */
  get dirtyCount(): number {
    return this.#dirty
  }

  /** Applies batches in their order and tells what changed: rows that went, then rows that came. */
  step(batches: readonly Batch[]): ToldChange {
    const changes: ToldChange[] = []
    if (batches.length > 0 && this.#tree.isWhole) this.#tree.whole((part) => changes.push(this.#told(part, part.fold.step(batches))))
    else if (this.shape.key.length > 0) for (const batch of batches) this.#stepKeyed(batch, changes)
    else if (batches.length > 0) this.#stepBag(batches, changes)
    return joined(changes, this.layouts)
  }

  /** From here on `tellNext` tells the rows anew. */
  beginTelling(): void {
    this.#turns += 1
    this.#turn = this.#turns
    this.#toldParts.clear()
  }

  endTelling(): void {
    this.#turn = null
  }

  /** The next rows whose turn it is, at most as many as asked for; null once all have been told. */
  tellNext(rowsLimit: number): ZBatch | null {
    for (const label of this.#tree.labels) {
      if (this.#toldParts.has(label)) continue
      const told: ZBatch[] = []
      this.#tree.part(label, (part) => told.push(this.#tellPart(part, rowsLimit)))
      const [batch] = told
      if (batch !== undefined && batch.count > 0) return batch
      this.#toldParts.add(label)
    }
    return null
  }

  /** Reads back what is saved. */
  load(reader: LogReader): void {
    const outline = readOutline(reader, this.shape.stream)
    this.#savedOutline = JSON.stringify(outline)
    this.#tree.restore(outline, (label) => {
      const part = new FoldPart(this.shape, ownerOfPart(this.shape.stream, label))
      part.saved.load(reader, part.fold.store)
      return part
    })
  }

  /** What to write so that the saved rows are those of the fold now. */
  save(): StateChange {
    const { put, remove, clear } = this.saveRows()
    return { put: [...put, ...this.#changedOutline()], remove, clear }
  }

  /** The rows alone, that count as saved from then on: `save` must follow, because how the parts lie is not told. */
  saveRows(): Required<StateChange> {
    const { stream } = this.shape
    const room = rewritingRoom()
    const put: StateSegment[] = []
    const remove: NonNullable<StateChange['remove']>[number][] = []
    // A part that is split meanwhile is gone, and its parts come at the end.
    for (const [label, { dirty }] of this.#counts) {
      if (dirty === 0) continue
      this.#tree.part(label, ({ saved, fold }) => {
        const change = saved.save(fold.store, room)
        put.push(...(change.put ?? []))
        remove.push(...(change.remove ?? []))
      })
    }
    const gone = new Set([...this.#gone].map((label) => ownerOfPart(stream, label)))
    this.#gone.clear()
    return { put: put.filter(({ owner }) => !gone.has(owner)), remove, clear: [...gone] }
  }

  #changedOutline(): readonly StateSegment[] {
    const { outline } = this.#tree
    const text = JSON.stringify(outline)
    if (text === this.#savedOutline) return []
    this.#savedOutline = text
    return [outlineSegment(this.shape.stream, outline)]
  }

  #count(label: number, count: PartCount): void {
    const before = this.#counts.get(label) ?? { rows: 0, dirty: 0 }
    this.#rows += count.rows - before.rows
    this.#dirty += count.dirty - before.dirty
    this.#counts.set(label, count)
  }

  #told(part: FoldPart, { batch, slots }: FoldChange): ToldChange {
    if (this.#turn === null) return { batch, told: null }
    const border = part.toldSlots(this.#turn)
    return { batch, told: Uint8Array.from(slots.subarray(0, batch.count), (slot) => (slot < border ? 1 : 0)) }
  }

  #tellPart(part: FoldPart, rowsLimit: number): ZBatch {
    assert(this.#turn !== null, 'the telling has begun')
    const { store } = part.fold
    const from = Math.min(part.toldSlots(this.#turn), store.slotCount)
    for (let at = from; at < store.slotCount;) {
      const { batch, next } = store.rows(at, Math.min(store.slotCount, at + rowsLimit))
      part.telling = { turn: this.#turn, cursor: next }
      if (batch.count > 0) return batch
      at = next
    }
    // What comes later to a part that was told to its end is told at once.
    part.telling = { turn: this.#turn, cursor: null }
    return emptyBatch(this.layouts)
  }

  #stepKeyed(given: Batch, changes: ToldChange[]): void {
    const take = (batch: Batch): void => {
      this.#tree.visit([keyHashes(this.shape, batch)], (part, [rows]) => {
        changes.push(this.#told(part, part.fold.step([chooseChanges(batch, rows as Int32Array)])))
      })
    }
    for (const { kind, batch } of routedChanges(this.shape, given)) {
      if (kind === 'keyed') take(batch)
      else if (kind === 'truncated') this.#tree.each((part) => changes.push(this.#told(part, part.fold.step([batch]))))
      else {
        take(departure(batch))
        const gone = changes.at(-1)?.batch
        assert(gone !== undefined, 'a row that moves was somewhere')
        take(arrival(batch, (column) => this.#valueOf(gone, column)))
      }
    }
  }

  #valueOf(row: ZBatch, column: string): Value {
    const at = this.shape.columns.findIndex(({ name }) => name === column)
    // Of a column that nothing reads any value will do.
    if (at < 0) return null
    assert(row.count === 1, 'a value that did not change belongs to a known row')
    return laneValueAt(row.lanes[at] as Lane, 0)
  }

  #stepBag(batches: readonly Batch[], changes: ToldChange[]): void {
    let rows: ZBatch[] = []
    const flush = (): void => {
      this.#takeRows(concatBatches(rows, this.layouts), changes)
      rows = []
    }
    for (const change of batches.flatMap((batch) => bagChanges(this, batch))) {
      if (change !== 'truncate') rows.push(change)
      else {
        flush()
        this.#tree.each((part) => changes.push(this.#told(part, bagOf(part).apply(['truncate']))))
      }
    }
    flush()
  }

  #takeRows(batch: ZBatch, changes: ToldChange[]): void {
    if (batch.count === 0) return
    this.#tree.visit([this.#rowHashes(batch)], (part, [rows]) => {
      changes.push(this.#told(part, bagOf(part).apply([gatherBatch(batch, rows as Int32Array, (rows as Int32Array).length)])))
    })
  }

  #rowHashes({ lanes, count }: ZBatch): Int32Array {
    const columns = lanes.map((_, at) => at)
    return partitionHashes(lanes, columns, hashRows(lanes, columns, count))
  }
}

function bagOf({ fold }: FoldPart): BagFold {
  assert(fold instanceof BagFold, 'the rows have no key')
  return fold
}

function joined(changes: readonly ToldChange[], layouts: readonly Layout[]): ToldChange {
  const filled = changes.filter(({ batch }) => batch.count > 0)
  const [first, second] = filled
  if (first === undefined) return { batch: emptyBatch(layouts), told: null }
  if (second === undefined) return first
  const batch = concatBatches(
    filled.map((change) => change.batch),
    layouts,
  )
  if (first.told === null) return { batch, told: null }
  const told = new Uint8Array(batch.count)
  let next = 0
  for (const change of filled) {
    if (change.told !== null) told.set(change.told, next)
    next += change.batch.count
  }
  return { batch, told }
}
