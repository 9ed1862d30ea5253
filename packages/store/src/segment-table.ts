/** The stages' memory: segments by owner, and per owner how many there are and a digest of them all. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '@millrace/base'
import type { StateChange, StateSegment } from '@millrace/core'
import { blob } from './blob.ts'
import { bytesChecksum, rowChecksum } from './checksum.ts'
import { pack, unpack } from './packing.ts'

export interface SegmentKey {
  readonly owner: string
  readonly part: string
  readonly sequence: number
}

interface OwnerRow {
  readonly owner: string
  readonly segments: number
  /** The exclusive or of all their checksums: it does not depend on their order, and each change undoes itself. */
  readonly digest: number
}

interface SegmentRow extends SegmentKey {
  readonly id: number
  readonly packing: number
  readonly checksum: number
  readonly bytes: Uint8Array
}

export class SegmentTable {
  readonly #path: string
  readonly #selectOwner: StatementSync
  readonly #writeOwner: StatementSync
  readonly #dropOwner: StatementSync
  readonly #clear: StatementSync
  readonly #find: StatementSync
  readonly #list: StatementSync
  readonly #load: StatementSync
  readonly #insert: StatementSync
  readonly #remove: StatementSync

  constructor(db: DatabaseSync, path: string) {
    this.#path = path
    this.#selectOwner = db.prepare('select * from store_owner where owner = ?')
    this.#writeOwner = db.prepare('insert or replace into store_owner values (?, ?, ?, ?)')
    this.#dropOwner = db.prepare('delete from store_owner where owner = ?')
    this.#clear = db.prepare('delete from store_segment where owner = ?')
    this.#find = db.prepare('select id, checksum from store_segment where owner = ? and sequence = ? and part = ?')
    this.#list = db.prepare('select id, checksum from store_segment where owner = ? order by sequence, part')
    this.#load = db.prepare('select * from store_segment where id = ?')
    this.#insert = db.prepare('insert into store_segment (owner, part, sequence, packing, checksum, bytes) values (?, ?, ?, ?, ?, ?)')
    this.#remove = db.prepare('delete from store_segment where id = ?')
  }

  apply({ clear = [], remove = [], put = [] }: StateChange): void {
    for (const owner of clear) {
      this.#clear.run(owner)
      this.#dropOwner.run(owner)
    }
    for (const key of remove) this.#removeOne(key)
    for (const segment of put) this.#putOne(segment)
  }

  /** One owner's segments in order. The list is of one moment; each segment is loaded when it is asked for. */
  *segments(owner: string): IterableIterator<StateSegment> {
    const { segments, digest } = this.#ownerOf(owner)
    const list = this.#list.all(owner) as unknown as { id: number; checksum: number }[]
    const found = list.reduce((all, { checksum }) => (all ^ checksum) >>> 0, 0)
    if (list.length !== segments || found !== digest) throw this.#corrupt(owner, 'has segments missing')
    for (const { id, checksum } of list) yield this.#loadOne({ owner, digest }, id, checksum)
  }

  #loadOne({ owner, digest }: Pick<OwnerRow, 'owner' | 'digest'>, id: number, checksum: number): StateSegment {
    const row = this.#load.get(id) as SegmentRow | undefined
    if (row === undefined || row.owner !== owner || row.checksum !== checksum) {
      if (this.#ownerOf(owner).digest === digest) throw this.#corrupt(owner, 'has a segment missing')
      throw new MillraceError('STORE_IO', { details: { path: this.#path, what: `the state of ${owner} was replaced while it was read` } })
    }
    if (row.checksum !== segmentChecksum(row, row)) throw this.#corrupt(owner, `does not match its checksum at ${row.part}/${row.sequence}`)
    return { owner, part: row.part, sequence: row.sequence, bytes: unpack(row) }
  }

  #putOne(segment: StateSegment): void {
    this.#removeOne(segment)
    const packed = pack(segment.bytes)
    const checksum = segmentChecksum(segment, packed)
    this.#insert.run(segment.owner, segment.part, segment.sequence, packed.packing, checksum, blob(packed.bytes))
    this.#count(segment.owner, 1, checksum)
  }

  #removeOne({ owner, part, sequence }: SegmentKey): void {
    const row = this.#find.get(owner, sequence, part) as { id: number; checksum: number } | undefined
    if (row === undefined) return
    this.#remove.run(row.id)
    this.#count(owner, -1, row.checksum)
  }

  #count(owner: string, by: number, checksum: number): void {
    const { segments, digest } = this.#ownerOf(owner)
    const next = { owner, segments: segments + by, digest: (digest ^ checksum) >>> 0 }
    this.#writeOwner.run(owner, next.segments, next.digest, ownerChecksum(next))
  }

  #ownerOf(owner: string): OwnerRow {
    const row = this.#selectOwner.get(owner) as (OwnerRow & { checksum: number }) | undefined
    if (row === undefined) return { owner, segments: 0, digest: 0 }
    if (row.checksum !== ownerChecksum(row)) throw this.#corrupt(owner, 'has a damaged record')
    return row
  }

  #corrupt(owner: string, what: string): MillraceError {
    return new MillraceError('STORE_CORRUPT', { details: { path: this.#path, what: `the state of ${owner} ${what}` } })
  }
}

function ownerChecksum({ owner, segments, digest }: OwnerRow): number {
  return rowChecksum('owner', [owner, segments, digest])
}

function segmentChecksum({ owner, part, sequence }: SegmentKey, { packing, bytes }: { packing: number; bytes: Uint8Array }): number {
  return rowChecksum('segment', [owner, part, sequence, packing, bytes.length, bytesChecksum(bytes)])
}
