import type { Value } from '@millrace/core'
import { textOf } from '@millrace/live/testing'
import type { Result } from './measure.ts'

/** A multiset of rows as one number, whatever their order: rows that go are taken off again. */
export class Checksum {
  rows = 0
  #low = 0
  #high = 0

  add(row: readonly Value[], weight: number): void {
    const text = textOf(row)
    this.rows += weight
    this.#low = (this.#low + Math.imul(hash(text, 0x811c9dc5), weight)) | 0
    this.#high = (this.#high + Math.imul(hash(text, 0x2545f491), weight)) | 0
  }

  result(): Result {
    return { rows: this.rows, checksum: String(this) }
  }

  toString(): string {
    return [this.#high, this.#low].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

function hash(text: string, seed: number): number {
  let mixed = seed
  for (let at = 0; at < text.length; at += 1) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
