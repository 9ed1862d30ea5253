/**
 * The loop of the formats that are read record by record: fills the window, has it cut, has each record read
 * and gathers rows into a batch per stream.
 */
import { MillraceError } from '@millrace/base'
import { BatchBuilder, OPERATION, type Value } from '@millrace/core'
import type { ParkedRow } from '../../parking/parked-record.ts'
import type { Pieces } from './pieces.ts'
import type { Cut, CutRecord, RecordCutter } from './record-cutter.ts'
import {
  type BadRecord,
  PART_BYTES,
  RAW_BYTES_MAX,
  type ReadMark,
  type ReadOrder,
  type RecordPart,
  type RecordParts,
  type RecordSchema,
} from './record-reader.ts'
import type { Totals } from './totals.ts'

export type RecordOutcome =
  | { readonly kind: 'row'; readonly stream: string | null; readonly values: readonly Value[] }
  | { readonly kind: 'bad'; readonly stream: string | null; readonly reason: string; readonly row: ParkedRow | null }
  /** Blank, a header, a trailer. */
  | { readonly kind: 'none' }

export interface RecordContext {
  readonly bytes: Buffer
  /** Among all records of the file, headers too, from 0. */
  readonly seen: number
  readonly last: boolean
}

export interface RecordParser {
  readonly cutter: RecordCutter
  readonly totals: Totals
  /** True if the last record of the file is another one than the rest, so that each waits for its successor. */
  readonly needsLast: boolean
  /** Before a piece's records. */
  open(bytes: Buffer, start: number, end: number): void
  parse(record: CutRecord, context: RecordContext): RecordOutcome
  /** Names that the file has and the schema has not. */
  unread(): readonly string[]
}

interface RowMark extends ReadMark {
  readonly seen: number
  readonly line: number
  readonly bad: number
  readonly totals: readonly string[]
  readonly overlong: boolean
}

interface Gathered {
  readonly builder: BatchBuilder
  readonly bad: BadRecord[]
}

export async function* readRowParts(order: ReadOrder, pieces: Pieces, parser: RecordParser): RecordParts {
  try {
    return yield* new RowParts(order, pieces, parser).run()
  } finally {
    await pieces.close()
  }
}

class RowParts {
  readonly #order: ReadOrder
  readonly #pieces: Pieces
  readonly #parser: RecordParser
  #records = 0
  #seen = 0
  #line = 1
  #bad = 0
  #overlong = false

  constructor(order: ReadOrder, pieces: Pieces, parser: RecordParser) {
    this.#order = order
    this.#pieces = pieces
    this.#parser = parser
  }

  async *run(): RecordParts {
    const partBytes = this.#order.partBytes ?? PART_BYTES
    const { cutter } = this.#parser
    await this.#begin()
    for (let wanted = partBytes; ;) {
      await this.#pieces.fill(wanted)
      if (this.#overlong && cutter.breaks !== null) {
        await this.#pieces.skipLine(cutter.breaks)
        this.#overlong = false
        continue
      }
      const { length, ended, from, to, bytes } = this.#pieces
      if (length === 0 && ended) break
      const cut = this.#withoutLast(cutter.cut(bytes, { from, to, final: ended }))
      if (cut.stop === from) {
        if (this.#pieces.full) throw this.#endless()
        wanted = Math.max(length * 2, length + 1)
        continue
      }
      wanted = partBytes
      this.#overlong = cut.overlong
      yield* this.#parts(cut)
    }
    return { records: this.#records, bad: this.#bad, controlTotals: this.#parser.totals.end(), unread: this.#parser.unread() }
  }

  async #begin(): Promise<void> {
    const mark = this.#order.resume as RowMark | null | undefined
    if (mark !== null && mark !== undefined) {
      await this.#pieces.skip(mark.byte)
      this.#records = mark.records
      this.#seen = mark.seen
      this.#line = mark.line
      this.#bad = mark.bad
      this.#overlong = mark.overlong
      this.#parser.totals.restore(mark.totals)
      return
    }
    await this.#pieces.fill(3)
    const { bytes, from, length } = this.#pieces
    if (this.#parser.cutter.breaks?.has(0x0a) === true && length >= 3 && bytes.readUIntBE(from, 3) === 0xefbbbf) this.#pieces.take(from + 3)
  }

  /** More blank lines after a record than the longest record: whether it is the trailer cannot be seen from here. */
  #endless(): MillraceError {
    const what = `after byte ${this.#pieces.offset} there is a record whose end, or whose successor, is nowhere near`
    return new MillraceError('FILE_DAMAGED', { details: { name: this.#order.name, format: this.#order.format.type, what } })
  }

  /** Keeps back the last record, if only its successor tells that it is not the last of the file. */
  #withoutLast(cut: Cut): Cut {
    if (!this.#parser.needsLast || this.#pieces.ended || cut.overlong) return cut
    const at = cut.records.findLastIndex(({ start, end }) => end > start)
    const last = cut.records[at]
    return last === undefined ? cut : { records: cut.records.slice(0, at), stop: last.start, overlong: false }
  }

  *#parts(cut: Cut): Generator<RecordPart, void> {
    const { bytes, from, ended } = this.#pieces
    const gathered = new Map(this.#order.schemas.map((schema): [string | null, Gathered] => [schema.stream, gather(schema)]))
    const before = this.#records
    this.#parser.open(bytes, from, cut.stop)
    const lastWhole = this.#parser.needsLast && ended ? cut.records.findLastIndex(({ start, end }) => end > start) : -1
    for (const [at, record] of cut.records.entries()) this.#take(record, { bytes, seen: this.#seen, last: at === lastWhole }, gathered)
    this.#pieces.take(cut.stop)
    let left = gathered.size
    for (const [stream, { builder, bad }] of gathered) {
      left -= 1
      const batch = builder.finish()
      this.#parser.totals.add(stream, batch)
      const records = gathered.size === 1 ? this.#records - before : batch.count + bad.length
      yield { stream, batch, bad, records, bytes: left === 0 ? cut.stop - from : 0, mark: left === 0 ? this.#mark() : null }
    }
  }

  #take(record: CutRecord, context: RecordContext, gathered: ReadonlyMap<string | null, Gathered>): void {
    const line = this.#line
    this.#line += 1
    const outcome = this.#parser.parse(record, context)
    if (record.end > record.start) this.#seen += 1
    if (outcome.kind === 'none') return
    const index = this.#records
    this.#records += 1
    const into = gathered.get(outcome.stream) as Gathered
    if (outcome.kind === 'bad') {
      const raw = Uint8Array.from(context.bytes.subarray(record.start, Math.min(record.end, record.start + RAW_BYTES_MAX)))
      into.bad.push({ index, line, reason: outcome.reason, raw, row: outcome.row })
      this.#parser.totals.addBad(outcome.stream, outcome.row)
      this.#bad += 1
      return
    }
    into.builder.start(OPERATION.INSERT, this.#order.origin.transaction, index, this.#order.origin.timeMicros, false)
    for (const [column, value] of outcome.values.entries()) into.builder.after[column]?.push(value)
  }

  #mark(): RowMark {
    return {
      byte: this.#pieces.offset,
      records: this.#records,
      seen: this.#seen,
      line: this.#line,
      bad: this.#bad,
      totals: this.#parser.totals.save(),
      overlong: this.#overlong,
    }
  }
}

function gather({ schema }: RecordSchema): Gathered {
  return { builder: new BatchBuilder(schema), bad: [] }
}
