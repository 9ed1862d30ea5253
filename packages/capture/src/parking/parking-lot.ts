/**
 * What one source has parked: the keys that it holds back, and the ways out: mend, replay, drop.
 *
 * Order per key. Behind a parked change every later one of its key is parked too. A replay therefore
 * begins with the first of a key and takes all that only waited behind it along. Changes of that key
 * which arrive meanwhile are parked as well, and follow in the next round, until none is left.
 */
import { type Clock, MillraceError } from '@millrace/base'
import type { Append, ControlStatement, LogReader, LogWriter } from '@millrace/core'
import type { KeptRecord, ParkedRecord, ParkedRow } from './parked-record.ts'
import type { Parking } from './parking.ts'
import { CREATE_PARKED, insertParked, isThere, parkedId, recordOf, replaceRow, selectParked, settle } from './parked-table.ts'
import { batchOf } from './replayed-batch.ts'

export interface ParkingOptions {
  readonly source: string
  readonly reader: LogReader
  readonly clock: Clock
  /** Default 10,000: beyond, the source stops and says so (law 8). */
  readonly recordsLimit?: number
}

const RECORDS_LIMIT = 10_000
/** Changes of the replayed key that arrive meanwhile are waited for so often, so long. */
const ROUNDS_LIMIT = 200
const ROUND_PAUSE_MS = 20

export interface Replayed {
  readonly replayed: readonly string[]
  /** Of the same key, still parked: another fault among them, or arrived too late. */
  readonly waiting: number
}

export class ParkingLot implements Parking {
  readonly #options: ParkingOptions
  /** By stream and key, the ids that are parked, in order. */
  readonly #held = new Map<string, Map<string, Set<string>>>()
  #ids = new Set<string>()
  #tableIsThere = false

  constructor(options: ParkingOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#ids.size
  }

  load(): void {
    const { source, reader } = this.#options
    this.#held.clear()
    this.#ids.clear()
    this.#tableIsThere = isThere(reader)
    const order = `where source = ? and status = 'parked' order by transaction_position, change_index`
    for (const row of selectParked(reader, order, [source])) this.#hold(recordOf(row))
  }

  isClear(stream: string): boolean {
    return !this.#held.has(stream)
  }

  holds(stream: string, key: string): boolean {
    return this.#held.get(stream)?.has(key) === true
  }

  park(record: ParkedRecord): readonly ControlStatement[] {
    const { source, clock, recordsLimit = RECORDS_LIMIT } = this.#options
    const id = parkedId(record)
    if (!this.#ids.has(id) && this.#ids.size >= recordsLimit) {
      throw new MillraceError('PARKING_FULL', { details: { source, count: this.#ids.size } })
    }
    this.#hold({ ...record, id })
    const statement = insertParked(record, clock.nowMs())
    if (this.#tableIsThere) return [statement]
    this.#tableIsThere = true
    return [...CREATE_PARKED, statement]
  }

  supersede(stream: string): readonly ControlStatement[] {
    if (!this.#tableIsThere) return []
    for (const id of this.#ids) if (id.startsWith(`${stream}/`)) this.#ids.delete(id)
    this.#held.delete(stream)
    const sql = `update capture_parked set status = 'dropped', settled_ms = ? where stream = ? and status = 'parked'`
    return [{ sql, parameters: [this.#options.clock.nowMs(), stream] }]
  }

  /** Gives a record another row, by column, to be replayed with. */
  async fix(writer: LogWriter, id: string, row: ParkedRow): Promise<KeptRecord> {
    const record = { ...this.find(id), row }
    this.#mustBeOpen(record)
    this.#appendOf(record)
    await writer.commit({ control: [replaceRow(id, row)] })
    return record
  }

  /** Puts the change into the log under its old identity, and after it those of its key that only waited behind it. */
  async replay(writer: LogWriter, id: string): Promise<Replayed> {
    const record = this.find(id)
    this.#mustBeOpen(record)
    this.#mustBeFirst(record)
    await this.#commit(writer, [record])
    const replayed = [record.id]
    for (let round = 0; round < ROUNDS_LIMIT && record.key !== null && this.holds(record.stream, record.key); round += 1) {
      const followers = this.#followers(record)
      if (followers.length > 0) {
        await this.#commit(writer, followers)
        replayed.push(...followers.map((follower) => follower.id))
      } else if (this.#ofKey(record).length > 0) break
      else await this.#options.clock.sleep(ROUND_PAUSE_MS)
    }
    return { replayed, waiting: record.key === null ? 0 : (this.#held.get(record.stream)?.get(record.key)?.size ?? 0) }
  }

  /** Lets the change go for good; what waited behind it of its key is first now. */
  async drop(writer: LogWriter, id: string): Promise<KeptRecord> {
    const record = this.find(id)
    this.#mustBeOpen(record)
    this.#mustBeFirst(record)
    await writer.commit({ control: settle([id], 'dropped', this.#options.clock.nowMs()) })
    this.#release(record)
    return record
  }

  find(id: string): KeptRecord {
    const [row] = selectParked(this.#options.reader, 'where id = ? and source = ?', [id, this.#options.source])
    if (row === undefined) throw new MillraceError('PARKED_UNKNOWN', { details: { id } })
    return recordOf(row)
  }

  async #commit(writer: LogWriter, records: readonly KeptRecord[]): Promise<void> {
    const ids = records.map(({ id }) => id)
    const control = settle(ids, 'replayed', this.#options.clock.nowMs())
    await writer.commit({ appends: records.map((record) => this.#appendOf(record)), control })
    for (const record of records) this.#release(record)
  }

  #appendOf(record: KeptRecord): Append {
    const { schema } = this.#options.reader.stream(record.stream)
    return { stream: record.stream, partition: record.partition, batch: batchOf(schema, record) }
  }

  /** Those of the same key that only wait, up to the next one that is itself at fault. */
  #followers(record: KeptRecord): KeptRecord[] {
    const all = this.#ofKey(record)
    const end = all.findIndex(({ code }) => code !== 'PARKED_BEHIND')
    return end === -1 ? all : all.slice(0, end)
  }

  #ofKey({ stream, key }: KeptRecord): KeptRecord[] {
    const order = `where stream = ? and key_text = ? and status = 'parked' order by transaction_position, change_index`
    return selectParked(this.#options.reader, order, [stream, key]).map(recordOf)
  }

  #mustBeOpen({ id, status }: KeptRecord): void {
    if (status !== 'parked') throw new MillraceError('PARKED_SETTLED', { details: { id, status } })
  }

  #mustBeFirst(record: KeptRecord): void {
    const first = record.key === null ? undefined : this.#ofKey(record)[0]
    if (first === undefined || first.id === record.id) return
    throw new MillraceError('PARKED_NOT_FIRST', { details: { id: record.id, first: first.id } })
  }

  #hold({ id, stream, key }: Pick<KeptRecord, 'id' | 'stream' | 'key'>): void {
    this.#ids.add(id)
    if (key === null) return
    const keys = this.#held.get(stream) ?? new Map<string, Set<string>>()
    this.#held.set(stream, keys)
    keys.set(key, (keys.get(key) ?? new Set()).add(id))
  }

  #release({ id, stream, key }: KeptRecord): void {
    this.#ids.delete(id)
    const keys = key === null ? undefined : this.#held.get(stream)
    const ids = keys?.get(key as string)
    if (keys === undefined || ids === undefined) return
    ids.delete(id)
    if (ids.size === 0) keys.delete(key as string)
    if (keys.size === 0) this.#held.delete(stream)
  }
}

export function openParking(options: ParkingOptions): ParkingLot {
  const lot = new ParkingLot(options)
  lot.load()
  return lot
}
