import { type Random, seededRandom } from '@millrace/base'
import { type Batch, BatchBuilder, type LogReader, type Schema, type StateChange, type StateSegment, type Value } from '@millrace/core'
import { laneValueAt } from '@millrace/sql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import { type FoldShape, foldShapeOf } from './fold-columns.ts'
import { PartitionedFold } from './partitioned-fold.ts'
import { StagedRows, unshownRows } from './staged-rows.ts'

const STREAM = 'a.table'
const COLUMNS: Schema['columns'] = [
  { name: 'id', type: { kind: 'int64' }, nullable: false },
  { name: 'word', type: { kind: 'text' }, nullable: true },
]
/** Rows that a stream must have for its rows to be taken for events. */
const EVENTS = 5000

/** The segments of a store, which it keeps by owner, sequence and part. */
class Segments {
  #kept = new Map<string, StateSegment>()

  apply({ clear = [], remove = [], put = [] }: StateChange): void {
    for (const [key, { owner }] of this.#kept) if (clear.includes(owner)) this.#kept.delete(key)
    for (const key of remove) this.#kept.delete(keyOf(key))
    for (const segment of put) this.#kept.set(keyOf(segment), segment)
  }

  reader(): LogReader {
    const segments = (owner: string): IterableIterator<StateSegment> => {
      const own = [...this.#kept.values()].filter((segment) => segment.owner === owner)
      return own.toSorted((one, other) => one.sequence - other.sequence || (one.part < other.part ? -1 : 1)).values()
    }
    return { segments } as unknown as LogReader
  }

  copy(): Segments {
    const copy = new Segments()
    copy.#kept = new Map(this.#kept)
    return copy
  }

  get keys(): readonly string[] {
    return [...this.#kept.keys()].toSorted()
  }
}

function keyOf({ owner, part, sequence }: Pick<StateSegment, 'owner' | 'part' | 'sequence'>): string {
  return JSON.stringify([owner, sequence, part])
}

/** What a process holds: the fold, and what of it is staged. */
class Holder {
  readonly fold: PartitionedFold
  readonly staged = new StagedRows()
  readonly #memory: StateMemory

  constructor(shape: FoldShape, bytesLimit: number) {
    this.#memory = new StateMemory({ bytesLimit, partBytesLimit: 4 << 10 })
    this.fold = new PartitionedFold(shape, new StateScope(this.#memory))
  }

  /** A process that starts with these segments: it takes away what was not shown, and reads the rest. */
  static opened(shape: FoldShape, segments: Segments, bytesLimit: number): Holder {
    const holder = new Holder(shape, bytesLimit)
    const unshown = unshownRows(segments.reader())
    if (unshown !== null) segments.apply(unshown)
    holder.fold.load(segments.reader())
    return holder
  }

  rows(): readonly string[] {
    const rows: string[] = []
    this.fold.beginTelling()
    for (let batch = this.fold.tellNext(1000); batch !== null; batch = this.fold.tellNext(1000)) {
      const { count, lanes, weights } = batch
      for (let row = 0; row < count; row += 1) {
        rows.push(`${lanes.map((lane) => String(laneValueAt(lane, row))).join('/')}×${weights[row]}`)
      }
    }
    this.fold.endTelling()
    return merged(rows)
  }

  close(): void {
    this.#memory.close()
  }
}

/** One row may stand in several places. */
function merged(rows: readonly string[]): readonly string[] {
  const times = new Map<string, number>()
  for (const row of rows) {
    const at = row.lastIndexOf('×')
    const text = row.slice(0, at)
    times.set(text, (times.get(text) ?? 0) + Number(row.slice(at + 1)))
  }
  return [...times].map(([text, count]) => `${text}×${count}`).toSorted()
}

/** Changes of rows that are there, and rows that come; of events only these. */
class Changes {
  readonly #random: Random
  readonly #schema: Schema
  readonly #isCalm: boolean
  readonly #rows: Value[][]
  #next = 0

  constructor(random: Random, { schema, isCalm, rows }: { schema: Schema; isCalm: boolean; rows: Value[][] }) {
    this.#random = random
    this.#schema = schema
    this.#isCalm = isCalm
    this.#rows = rows
  }

  get rows(): Value[][] {
    return this.#rows.slice()
  }

  batch(changes: number): Batch {
    const builder = new BatchBuilder(this.#schema)
    for (let index = 0; index < changes; index += 1) this.#push(builder, index)
    return builder.finish()
  }

  #push(builder: BatchBuilder, index: number): void {
    const random = this.#random
    const origin = { transaction: 1, index, time: 0 }
    const gone = this.#isCalm || random.below(3) > 0 ? undefined : this.#rows.splice(random.below(Math.max(1, this.#rows.length)), 1)[0]
    if (gone !== undefined) {
      builder.push('delete', origin, gone)
      return
    }
    const row: Value[] = [this.#isCalm ? this.#next++ : random.below(400), random.below(5) === 0 ? null : `w${random.below(3)}`]
    const at = this.#schema.key.length === 0 ? -1 : this.#rows.findIndex(([id]) => id === row[0])
    if (at >= 0) this.#rows[at] = row
    else this.#rows.push(row)
    builder.push('insert', origin, row)
  }
}

function applied(segments: Segments, changes: readonly StateChange[]): void {
  // As the store applies one set: what is cleared first, what is put last.
  segments.apply({
    clear: changes.flatMap((change) => change.clear ?? []),
    remove: changes.flatMap((change) => change.remove ?? []),
    put: changes.flatMap((change) => change.put ?? []),
  })
}

interface Case {
  readonly seed: number
  readonly kind: 'keyed' | 'bag' | 'events'
  readonly bytesLimit: number
}

/** Steps in slices, after each commit of which the process may end; what the next one holds is checked after each. */
function check({ seed, kind, bytesLimit }: Case): void {
  const random = seededRandom(seed)
  const schema: Schema = { columns: COLUMNS, key: kind === 'keyed' ? [0] : [] }
  const shape = foldShapeOf(STREAM, schema, { names: new Set(['id', 'word']) })
  const segments = new Segments()
  let holder = new Holder(shape, bytesLimit)
  let known: Value[][] = []
  let shown: readonly string[] = []
  /** The same where each saving is written as it comes. */
  let plain = segments.copy()
  const afterAnEnd = (): readonly string[] => {
    const next = Holder.opened(shape, segments.copy(), bytesLimit)
    const rows = next.rows()
    next.close()
    return rows
  }
  try {
    for (let step = 0; step < 6; step += 1) {
      const changes = new Changes(random, { schema, isCalm: kind === 'events', rows: known.slice() })
      const slices = 1 + random.below(5)
      let isEnded = false
      for (let slice = 0; slice < slices && !isEnded; slice += 1) {
        holder.fold.step([changes.batch(kind === 'events' && step === 0 && slice === 0 ? EVENTS : 1 + random.below(80))])
        if (random.below(2) === 0) {
          const change = holder.fold.saveRows()
          plain.apply(change)
          applied(segments, [holder.staged.stage(STREAM, change)])
        }
        isEnded = random.below(8) === 0
        expect(afterAnEnd()).toEqual(shown)
      }
      if (!isEnded) {
        const change = holder.fold.save()
        plain.apply(change)
        applied(segments, [holder.staged.show(STREAM), change])
        expect(segments.keys).toEqual(plain.keys)
        known = changes.rows
        shown = holder.rows()
        expect(afterAnEnd()).toEqual(shown)
      }
      if (isEnded || random.below(3) === 0) {
        holder.close()
        holder = Holder.opened(shape, segments, bytesLimit)
        plain = segments.copy()
      }
      expect(holder.rows()).toEqual(shown)
    }
  } finally {
    holder.close()
  }
}

describe('the rows of a step that are written before its end', () => {
  it('law 1: are those of the whole step or of none of it, whenever the process ends, in memory or beyond it', () => {
    const kinds = fc.constantFrom('keyed' as const, 'bag' as const, 'events' as const)
    const limits = fc.constantFrom(Infinity, 24 << 10)
    const property = fc.property(fc.integer(), kinds, limits, (seed, kind, bytesLimit) => check({ seed, kind, bytesLimit }))
    expect(() => fc.assert(property, { numRuns: 12 })).not.toThrow()
  })

  it('are taken away where their stream is lost in the middle of the step', () => {
    const shape = foldShapeOf(STREAM, { columns: COLUMNS, key: [0] }, { names: new Set(['id']) })
    const segments = new Segments()
    const holder = new Holder(shape, Infinity)
    const changes = new Changes(seededRandom(1), { schema: { columns: COLUMNS, key: [0] }, isCalm: true, rows: [] })
    holder.fold.step([changes.batch(10)])
    applied(segments, [holder.fold.save()])
    const rows = holder.rows()
    const { keys } = segments
    holder.fold.step([changes.batch(10)])
    applied(segments, [holder.staged.stage(STREAM, holder.fold.saveRows())])
    holder.staged.abandon(STREAM)
    applied(segments, [holder.staged.show(STREAM), holder.staged.takeAbandoned()])
    expect(segments.keys).toEqual(keys)
    const next = Holder.opened(shape, segments, Infinity)
    expect(next.rows()).toEqual(rows)
    next.close()
    holder.close()
  })

  it('stop the stage where their record cannot be read, rather than being taken for saved', () => {
    const segments = new Segments()
    segments.apply({ put: [{ owner: 'live:/staged', part: STREAM, sequence: 0, bytes: Uint8Array.of(1) }] })
    expect(() => unshownRows(segments.reader())).toThrow(expect.objectContaining({ code: 'LIVE_STATE_INVALID' }))
  })
})
