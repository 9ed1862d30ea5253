/**
 * MySQL's place in history: for each server's identifier the ranges of its transactions that were taken,
 * `3E11FA47-…:1-5:7`. A server that lacks some of them, or has purged others, says so (law 2).
 */
import { MalformedError } from '../binlog/malformed.ts'
interface Range {
  readonly first: number
  /** Inclusive. */
  readonly last: number
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export class MysqlSet {
  readonly #ranges: Map<string, Range[]>

  private constructor(ranges: Map<string, Range[]>) {
    this.#ranges = ranges
  }

  /** Raises MalformedError for what is no set, tagged identifiers (MySQL 8.3) included. */
  static parse(text: string): MysqlSet {
    const set = new MysqlSet(new Map())
    for (const part of text.split(',').map((piece) => piece.trim().toLowerCase())) {
      if (part === '') continue
      const [uuid = '', ...ranges] = part.split(':')
      if (!UUID.test(uuid)) throw new MalformedError(`${uuid} is not the identifier of a server`)
      for (const range of ranges) {
        const [first = Number.NaN, last = first] = range.split('-').map(Number)
        if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1 || last < first) {
          throw new MalformedError(`${range} is not a range of transactions`)
        }
        set.#insert(uuid, { first, last })
      }
    }
    return set
  }

  /** One transaction, `UUID:NUMBER`. */
  add(gtid: string): void {
    const colon = gtid.indexOf(':')
    const number = Number(gtid.slice(colon + 1))
    const uuid = gtid.slice(0, colon)
    const ranges = this.#ranges.get(uuid)
    const last = ranges?.at(-1)
    // By far the commonest: the next one.
    if (ranges !== undefined && last !== undefined && number === last.last + 1)
      ranges[ranges.length - 1] = { first: last.first, last: number }
    else this.#insert(uuid, { first: number, last: number })
  }

  /** Whether all of `other` is in here. */
  includes(other: MysqlSet): boolean {
    return Array.from(other.#ranges).every(([uuid, ranges]) =>
      ranges.every(({ first, last }) => (this.#ranges.get(uuid) ?? []).some((own) => own.first <= first && own.last >= last)),
    )
  }

  toString(): string {
    const uuids = Array.from(this.#ranges.keys()).sort()
    return uuids
      .map((uuid) => {
        const ranges = (this.#ranges.get(uuid) ?? []).map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
        return `${uuid}:${ranges.join(':')}`
      })
      .join(',')
  }

  /** As COM_BINLOG_DUMP_GTID wants it; there the ranges end before their last number. */
  encode(): Buffer {
    const parts: Buffer[] = [int64(this.#ranges.size)]
    for (const uuid of Array.from(this.#ranges.keys()).sort()) {
      const ranges = this.#ranges.get(uuid) ?? []
      parts.push(Buffer.from(uuid.replaceAll('-', ''), 'hex'), int64(ranges.length))
      for (const { first, last } of ranges) parts.push(int64(first), int64(last + 1))
    }
    return Buffer.concat(parts)
  }

  #insert(uuid: string, range: Range): void {
    const sorted = [...(this.#ranges.get(uuid) ?? []), range].sort((left, right) => left.first - right.first)
    const merged: Range[] = []
    for (const next of sorted) {
      const last = merged.at(-1)
      if (last !== undefined && next.first <= last.last + 1)
        merged[merged.length - 1] = { first: last.first, last: Math.max(last.last, next.last) }
      else merged.push(next)
    }
    this.#ranges.set(uuid, merged)
  }
}

function int64(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(value))
  return buffer
}
