/**
 * Proves that a server shares our history. MariaDB's GTIDs alone do not: two servers that were made the same
 * way both have a `0-1-7`, perhaps at the same place of a file of the same name. So each resumption reads
 * the last transaction once more, and compares its likeness: its GTID, its time, and a checksum over the
 * names of its tables and the text of its statements. A replica has the same one.
 *
 * Domains are independent: a group of another domain may well come before the proof, and is new.
 */
import { crc32 } from 'node:zlib'
import type { GroupStart } from '../binlog/control-event.ts'

export class HistoryProof {
  /** The group that proves our history has not come yet. */
  isDue: boolean
  /** It is the group at hand; its rows are in the log already. */
  isAtHand = false
  readonly #expected: string
  #checksum = 0

  constructor(expected: string, isDue: boolean) {
    this.#expected = expected
    this.isDue = isDue
  }

  begin({ gtid }: GroupStart): void {
    this.#checksum = 0
    this.isAtHand = this.isDue && domainOf(gtid) === domainOf(this.#expected)
  }

  /** What the group does: a table's name, a statement. */
  add(text: string): void {
    this.#checksum = crc32(text, this.#checksum)
  }

  likenessOf({ gtid, timeMicros }: GroupStart): string {
    return `${gtid} ${timeMicros} ${this.#checksum}`
  }

  /** The group at hand ends: whether it is the one that was expected. */
  settle(likeness: string): boolean {
    this.isDue = false
    this.isAtHand = false
    return likeness === this.#expected
  }
}

/** Of a GTID, or of a likeness, which begins with one. */
function domainOf(gtid: string): string {
  return gtid.slice(0, gtid.indexOf('-'))
}
