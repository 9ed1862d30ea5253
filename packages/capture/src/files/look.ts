/**
 * One look at the place: what is there is compared with what is known, and versions that are new are noted
 * durably before any of them is read. So the order of reading stands in the control table, and a restart
 * goes on in it. A look never reads a file.
 */
import type { Clock } from '@millrace/base'
import type { ControlStatement, LogWriter } from '@millrace/core'
import { belongsTo, type DeclaredFiles } from './declared-files.ts'
import type { FileRow, FileTable } from './file-table.ts'
import type { ListedObject, ObjectStore } from './object/object-store.ts'

/** Rows of objects that went before they rested, dropped in one commit. */
const GONE_AT_ONCE = 500

export interface LookOptions {
  readonly store: ObjectStore
  readonly table: FileTable
  readonly declared: readonly DeclaredFiles[]
  readonly writer: LogWriter
  readonly clock: Clock
  readonly settleMs: number
  readonly doneSuffix: string | undefined
}

export interface Seen {
  /** Objects that fit a pattern. */
  readonly fitting: number
  readonly objects: number
  /** Fitting ones whose mark of completion is not there yet. */
  readonly unmarked: number
  readonly newest: ListedObject | null
}

export class Look {
  readonly #options: LookOptions

  constructor(options: LookOptions) {
    this.#options = options
  }

  /** All of the place. */
  async whole(signal: AbortSignal): Promise<Seen> {
    const begunMs = this.#options.clock.nowMs()
    let seen: Seen = { fitting: 0, objects: 0, unmarked: 0, newest: null }
    for await (const page of this.#options.store.pages(signal)) seen = added(seen, await this.#take(page, signal))
    await this.#dropGone(begunMs - this.#options.settleMs)
    return seen
  }

  /** Only these: somebody said that they are new. What is found is what the next whole look would have found. */
  async at(keys: readonly string[], signal: AbortSignal): Promise<void> {
    const { store, doneSuffix = '' } = this.#options
    const objects: ListedObject[] = []
    // A notice of a mark is one of the file that it marks.
    const asked = new Set(keys.map((key) => (doneSuffix !== '' && key.endsWith(doneSuffix) ? key.slice(0, -doneSuffix.length) : key)))
    for (const key of asked) {
      const object = await store.look(key, signal)
      if (object !== null) objects.push(object)
    }
    await this.#take(objects, signal)
  }

  /** One version that was not what it was known to be: noted anew, or as gone. */
  async again(row: FileRow, signal: AbortSignal): Promise<ControlStatement[]> {
    const { store, table, clock } = this.#options
    const object = await store.look(row.object, signal)
    if (object === null) return [table.gone(row)]
    return [table.found(object, row.declared, store.appearsWhole ? 'waiting' : 'settling', clock.nowMs())]
  }

  /** What was to rest by this look and neither rests nor has changed was not seen by it. */
  async #dropGone(foundBeforeMs: number): Promise<void> {
    const { table, writer } = this.#options
    for (;;) {
      const gone = table.settlingSince(foundBeforeMs, GONE_AT_ONCE)
      if (gone.length > 0) await writer.commit({ control: gone.map((row) => table.gone(row)) })
      if (gone.length < GONE_AT_ONCE) return
    }
  }

  async #take(page: readonly ListedObject[], signal: AbortSignal): Promise<Seen> {
    const { declared, table, writer } = this.#options
    const fitting = page.flatMap((object) => {
      const to = belongsTo(object.key, declared)
      return to === undefined ? [] : [{ object, to }]
    })
    const known = table.find(fitting.map(({ object }) => object.key))
    const control: ControlStatement[] = []
    let unmarked = 0
    let newest: ListedObject | null = null
    for (const { object, to } of fitting) {
      if (newest === null || object.modifiedMicros > newest.modifiedMicros) newest = object
      const judged = await this.#judge(object, to, known.get(object.key), signal)
      if (judged === 'unmarked') unmarked += 1
      else if (judged !== null) control.push(judged)
    }
    if (control.length > 0) await writer.commit({ control })
    return { fitting: fitting.length, objects: page.length, unmarked, newest }
  }

  async #judge(
    object: ListedObject,
    to: DeclaredFiles,
    row: FileRow | undefined,
    signal: AbortSignal,
  ): Promise<ControlStatement | 'unmarked' | null> {
    const { table, store, clock, settleMs, doneSuffix } = this.#options
    if (row?.version === object.version) {
      if (row.status === 'settling' && clock.nowMs() - row.found_ms >= settleMs) return table.rested(row)
      const failedOtherwise = row.status === 'parked' && row.declaration !== to.fingerprint
      return failedOtherwise ? table.found(object, to.name, 'waiting', clock.nowMs()) : null
    }
    if (doneSuffix === undefined) return table.found(object, to.name, store.appearsWhole ? 'waiting' : 'settling', clock.nowMs())
    const mark = await store.look(`${object.key}${doneSuffix}`, signal)
    // A mark that is older than the file was made for the version before.
    if (mark === null || mark.modifiedMicros < object.modifiedMicros) return 'unmarked'
    return table.found(object, to.name, 'waiting', clock.nowMs())
  }
}

function added(left: Seen, right: Seen): Seen {
  const isNewer = left.newest === null || (right.newest !== null && right.newest.modifiedMicros > left.newest.modifiedMicros)
  return {
    fitting: left.fitting + right.fitting,
    objects: left.objects + right.objects,
    unmarked: left.unmarked + right.unmarked,
    newest: isNewer ? right.newest : left.newest,
  }
}
