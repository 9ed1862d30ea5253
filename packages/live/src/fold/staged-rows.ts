/**
 * Rows of folds that are written before the commit that they belong to, because there are too many for one. They lie
 * among the segments that are saved, under numbers of their own; what they replace stays until that commit. Records
 * in the store name them, so that the next process takes them away before it reads any: half of a step must not
 * be there (law 1). The commit that they belong to takes the records away instead.
 */
import { assert, MillraceError } from '@millrace/base'
import type { LogReader, StateChange, StateSegment } from '@millrace/core'

type SegmentKey = Pick<StateSegment, 'owner' | 'part' | 'sequence'>

/** No stream is named so. The parts are the streams. */
const OWNER = 'live:/staged'

/** What has been staged of one stream, and what must wait until that is shown. */
interface StagedStream {
  readonly keys: Map<string, SegmentKey>
  readonly records: SegmentKey[]
  readonly remove: SegmentKey[]
  readonly clear: string[]
}

export class StagedRows {
  readonly #streams = new Map<string, StagedStream>()
  /** Of streams that are lost: nobody will show them. */
  #abandoned: readonly SegmentKey[] = []

  has(stream: string): boolean {
    return this.#streams.has(stream)
  }

  /** What of a stream's saving is written now, with its record; the rest waits. */
  stage(stream: string, { put, remove, clear }: Required<StateChange>): StateChange {
    const staged: StagedStream = this.#streams.get(stream) ?? { keys: new Map(), records: [], remove: [], clear: [] }
    this.#streams.set(stream, staged)
    const isStaged = (key: SegmentKey): boolean => staged.keys.has(textOf(key))
    staged.remove.push(...remove.filter((key) => !isStaged(key)))
    staged.clear.push(...clear)
    const keys = put.map(keyOf)
    const record = { owner: OWNER, part: stream, sequence: staged.records.length, bytes: new TextEncoder().encode(JSON.stringify(keys)) }
    const change = { put: [...put, record], remove: remove.filter(isStaged) }
    for (const key of keys) staged.keys.set(textOf(key), key)
    staged.records.push(keyOf(record))
    return change
  }

  /** A stream's staged rows belong to the commit that takes what this returns. */
  show(stream: string): StateChange {
    const staged = this.#streams.get(stream)
    if (staged === undefined) return {}
    this.#streams.delete(stream)
    return { remove: [...staged.remove, ...staged.records], clear: staged.clear }
  }

  /** A stream cannot be read on: what was saved of it before stays, and what was staged goes with a commit to come. */
  abandon(stream: string): void {
    const staged = this.#streams.get(stream)
    if (staged === undefined) return
    this.#streams.delete(stream)
    this.#abandoned = [...this.#abandoned, ...staged.keys.values(), ...staged.records]
  }

  takeAbandoned(): StateChange {
    const remove = this.#abandoned
    this.#abandoned = []
    return { remove }
  }

  /** The folds begin anew from what is saved, after what is not shown has been taken away. */
  forget(): void {
    this.#streams.clear()
    this.#abandoned = []
  }
}

/** What takes away the rows that were staged and never shown; null where there are none. */
export function unshownRows(reader: LogReader): StateChange | null {
  const records = [...reader.segments(OWNER)]
  return records.length === 0 ? null : { remove: records.flatMap(({ part, bytes }) => readKeys(part, bytes)), clear: [OWNER] }
}

function readKeys(stream: string, bytes: Uint8Array): readonly SegmentKey[] {
  try {
    const keys = JSON.parse(new TextDecoder().decode(bytes)) as SegmentKey[]
    assert(Array.isArray(keys), 'a record is a list')
    return keys
  } catch (cause) {
    throw new MillraceError('LIVE_STATE_INVALID', { cause, details: { stream, problem: 'the record of what was staged cannot be read' } })
  }
}

function keyOf({ owner, part, sequence }: SegmentKey): SegmentKey {
  return { owner, part, sequence }
}

function textOf({ owner, part, sequence }: SegmentKey): string {
  return JSON.stringify([owner, part, sequence])
}
