/**
 * What is masked is masked here, from the text that Postgres printed, before anything else sees it: the
 * snapshot and the stream print the same text, so they yield the same mask. A mask yields text, whatever
 * the column's type was.
 */
import { createHmac } from 'node:crypto'
import { assert } from '@millrace/base'
import type { ColumnMask } from '@millrace/core'

export interface Mask {
  readonly setting: ColumnMask
  readonly apply: (text: string) => string
}

const REDACTED = '***'

/** The key of hashes; a text that is empty is hashed like any other. */
export function maskOf(setting: ColumnMask, key: string | null): Mask {
  if (setting === 'redact') return { setting, apply: () => REDACTED }
  if (setting === 'hash') {
    assert(key !== null, 'a hash has a key')
    return { setting, apply: (text) => createHmac('sha256', key).update(text).digest('hex') }
  }
  const { keep } = setting
  return { setting, apply: (text) => keepLast(text, keep) }
}

/** Characters, not bytes or halves of a surrogate pair. One that is no longer than what is kept is masked whole. */
function keepLast(text: string, keep: number): string {
  const characters = Array.from(text)
  const hidden = characters.length > keep ? characters.length - keep : characters.length
  return '*'.repeat(hidden) + characters.slice(hidden).join('')
}

/** Masks that keep unlike values unlike: the only ones that a key may have. */
export function keepsIdentity(setting: ColumnMask): boolean {
  return setting === 'hash'
}
