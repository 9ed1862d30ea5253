/**
 * One table that is being filled: decides where each of its changes goes meanwhile.
 *
 * Each era reads its rows under one snapshot, whose position P is exact: a transaction that committed
 * before P is in it, one that did not is not. So the order of the tails is the whole of the argument:
 * the rows of an era come after every change before its P, and before every change from P on. Folded in
 * that order the rows and the changes are what the table held, whatever was read twice or moved meanwhile.
 */
import {
  type Append,
  type Batch,
  BatchBuilder,
  CELL,
  changeAt,
  OPERATION,
  type ShownTail,
  type Value,
  valueAt,
  valueToText,
} from '@millrace/core'
import { fillTail } from '../tail-name.ts'
import type { FillHeader, FillTail } from './fill-header.ts'
import { byTransaction, cutAt } from './slice-batch.ts'

const DOUBTFUL_KEYS_MAX = 10_000
/** Keys that a backfill remembers, to know whether a row that moved was one that it mends. */
const CORRECTED_KEYS_MAX = 1_000_000
/** Above every index that a row of a chunk has. */
const COPY_INDEX_BASE = 2 ** 52
const COPIES_PER_LIFE = 2 ** 34

/** Why an era cannot end as it began: `again` keeps what was read, `anew` forgets it. */
export type Spoilt = 'again' | 'anew'

export class ActiveFill {
  readonly source: string
  readonly header: FillHeader
  /** A snapshot is to be made, or is being made, and its position is not known yet. */
  isOpening: boolean
  /** Every row is durable; the fill waits to be shown. */
  isReady = false
  spoilt: Spoilt | null = null
  /** Whether rows of the stream can be told apart; without a key, a row read twice would be two. */
  readonly isKeyed: boolean
  /** Rows that differ from what the log had; of a backfill. */
  emitted = 0
  /** Keys of rows that a backfill mends, as far as this process read them; null where there are too many. */
  #corrected: Set<string> | null = new Set()
  /** Keys that rows have left meanwhile without telling all of their values. */
  readonly #left = new Set<string>()
  #copies = 0

  constructor(source: string, header: FillHeader, isKeyed: boolean) {
    this.source = source
    this.header = header
    this.isKeyed = isKeyed
    this.isOpening = header.era === 0
    // Above whatever an earlier process gave: that one has moved `nextTail` on when it began.
    header.nextTail += 1
    this.#copies = header.nextTail * COPIES_PER_LIFE
  }

  get stream(): string {
    return this.header.stream
  }

  get rowsTail(): string {
    return this.header.tails.findLast(({ kind }) => kind === 'rows')?.tail ?? ''
  }

  /** Where the changes of whole transactions go: into tails, into view, or nowhere because the snapshot has them. */
  place(append: Append): Append[] {
    const placed: Append[] = this.header.mode === 'backfill' ? [append] : []
    for (const batch of this.#slices(append.batch)) {
      const transaction = batch.transactions[0] as number
      const tail = this.#tailFor(transaction)
      if (tail === null) continue
      this.#noteDoubtful(batch)
      placed.push({ ...append, batch: this.header.mode === 'backfill' ? this.#copy(batch) : batch, tail })
    }
    return placed
  }

  /** A tail that holds all of a transaction's changes, now that its place is known; false where they are not needed. */
  list({ tail, transaction, timeMicros }: { tail: string; transaction: number; timeMicros: number | null }): boolean {
    const { header } = this
    const entry: FillTail = { tail, kind: 'part', transaction, ...(timeMicros === null ? {} : { origin: { transaction, timeMicros } }) }
    if (this.isOpening || transaction >= (header.position ?? 0)) header.tails.push(entry)
    else if (header.era === 1) return false
    else header.tails.splice(this.#rowsAt(), 0, entry)
    return true
  }

  /** A snapshot stands at `position`; yields the tails whose changes it holds itself. */
  beginEra(position: number): string[] {
    const { header } = this
    header.era += 1
    header.position = position
    header.nextTail += 1
    const rows: FillTail = { tail: this.nameOf(`rows-${header.nextTail}`), kind: 'rows' }
    const later = header.tails.findIndex(({ transaction }) => transaction !== undefined && transaction >= position)
    const before = later === -1 ? header.tails : header.tails.slice(0, later)
    const after = later === -1 ? [] : header.tails.slice(later)
    this.isOpening = false
    this.isReady = false
    const dropped = header.era === 1 ? before.map(({ tail }) => tail) : []
    header.tails = [...(header.era === 1 ? [] : before), rows, ...after]
    return dropped
  }

  /** A row of this batch is not what the log had. */
  correct(batch: Batch): void {
    this.emitted += batch.count
    if (this.header.mode !== 'backfill') return
    if (this.#corrected !== null && this.#corrected.size + batch.count > CORRECTED_KEYS_MAX) this.#corrected = null
    for (let row = 0; row < batch.count; row += 1) this.#corrected?.add(keyOf(keyTexts(batch, row)))
  }

  /** A row that is mended has left its key without telling all of its values: what was told of it in between does not add up. */
  isTorn(isResumed: boolean): boolean {
    if (this.#left.size === 0) return false
    const corrected = this.#corrected
    return isResumed || corrected === null || [...this.#left].some((key) => corrected.has(key))
  }

  /** Forgets all that was read; yields the tails that held it. */
  beginAnew(): string[] {
    const { header } = this
    const dropped = header.tails.map(({ tail }) => tail)
    header.tails = []
    header.era = 0
    header.position = null
    header.doubtful = []
    this.spoilt = null
    this.isOpening = true
    this.isReady = false
    this.emitted = 0
    this.#corrected = new Set()
    this.#left.clear()
    return dropped
  }

  /** What shows the fill. A backfill's changes were told before under their own place, so it gives them a new one. */
  shown(origin: { readonly transaction: number; readonly timeMicros: number }): ShownTail[] {
    return this.header.tails.map(({ tail, origin: own }) => {
      const given = this.header.mode === 'backfill' ? origin : own
      return given === undefined ? { tail } : { tail, origin: given }
    })
  }

  nameOf(part: string): string {
    return `${fillTail(this.source, this.stream)}/${part}`
  }

  #slices(batch: Batch): Batch[] {
    if (this.isOpening) return byTransaction(batch)
    return cutAt(batch, this.header.position ?? 0).filter((part) => part !== null)
  }

  #tailFor(transaction: number): string | null {
    const { header } = this
    if (this.isOpening) return this.#ofTransaction(transaction)
    if (transaction >= (header.position ?? 0)) return this.#changesAt(header.tails.length)
    return header.era === 1 ? null : this.#changesAt(this.#rowsAt())
  }

  /**
   * While the snapshot's position is not known, each transaction has a tail of its own, in their order: one partition's
   * changes come after those of later transactions in another.
   */
  #ofTransaction(transaction: number): string {
    const { tails } = this.header
    let place = tails.length
    while (place > 0 && (tails[place - 1]?.transaction ?? 0) > transaction) place -= 1
    const last = tails[place - 1]
    if (last?.kind === 'changes' && last.transaction === transaction) return last.tail
    return this.#insertChanges(place, transaction)
  }

  /** The tail of changes that stands before this place of the list, made where there is none. */
  #changesAt(place: number): string {
    const before = this.header.tails[place - 1]
    return before?.kind === 'changes' ? before.tail : this.#insertChanges(place)
  }

  #insertChanges(place: number, transaction?: number): string {
    const { header } = this
    header.nextTail += 1
    const tail = this.nameOf(`changes-${header.nextTail}`)
    header.tails.splice(place, 0, { tail, kind: 'changes', ...(transaction === undefined ? {} : { transaction }) })
    return tail
  }

  #rowsAt(): number {
    return this.header.tails.findLastIndex(({ kind }) => kind === 'rows')
  }

  /**
   * An update may leave out a large value that did not change. Where the row has not been read and has
   * moved to where reading is over, a later era would not find it: its key is kept, to be read by itself.
   */
  #noteDoubtful(batch: Batch): void {
    const { header } = this
    if (this.isReady && header.mode !== 'backfill') return
    if (!batch.after.some(({ cells }) => cells !== null)) return
    for (let row = 0; row < batch.count; row += 1) {
      if (batch.operations[row] !== OPERATION.UPDATE) continue
      if (!isUntold(batch, row)) continue
      if (header.doubtful === null) continue
      if (header.doubtful.length === DOUBTFUL_KEYS_MAX) header.doubtful = null
      else header.doubtful.push(keyTexts(batch, row))
    }
  }

  /** A copy of changes that were shown already: told again after the rows, in an order of their own. */
  #copy(batch: Batch): Batch {
    const indexes = Float64Array.from({ length: batch.count }, () => COPY_INDEX_BASE + this.#copies++)
    return { ...this.#withoutTorn(batch), indexes }
  }

  /**
   * A row that moved to another key without telling all of its values took them along when it was first
   * told. It cannot do so twice: so only its leaving is told again, unless it is one that is mended.
   */
  #withoutTorn(batch: Batch): Batch {
    const torn = Array.from({ length: batch.count }, (_, row) => row).filter((row) => isUntold(batch, row) && hasMoved(batch, row))
    if (torn.length === 0) return batch
    const builder = new BatchBuilder(batch.schema, batch.count)
    for (let row = 0; row < batch.count; row += 1) {
      const { operation, after, before, ...origin } = changeAt(batch, row)
      if (before === null || !torn.includes(row)) builder.push(operation, origin, after, ...(before === null ? [] : [before]))
      else {
        this.#left.add(keyOf(keyTexts({ ...batch, after: batch.before ?? [] }, row)))
        builder.push('delete', origin, before)
      }
    }
    return builder.finish()
  }
}

function keyOf(texts: readonly string[]): string {
  return texts.join('\u001f')
}

/** An update that left out a value because it did not change. */
function isUntold({ after }: Batch, row: number): boolean {
  return after.some(({ cells }) => cells !== null && cells[row] === CELL.UNCHANGED)
}

function hasMoved(batch: Batch, row: number): boolean {
  const { before, after, schema } = batch
  if (before === null) return false
  return schema.key.some((column) => {
    const [old, now] = [before[column], after[column]]
    if (old === undefined || now === undefined) return false
    const value = valueAt(old, row)
    return value !== undefined && value !== valueAt(now, row)
  })
}

/** The key of a change, each part as Postgres reads it. */
export function keyTexts({ schema, after }: Batch, row: number): string[] {
  return schema.key.map((column) => {
    const type = schema.columns[column]?.type
    const vector = after[column]
    const value: Value | undefined = vector === undefined ? null : valueAt(vector, row)
    return type === undefined || value === null || value === undefined ? '' : valueToText(type, value)
  })
}
