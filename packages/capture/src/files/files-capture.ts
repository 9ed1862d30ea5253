/** Captures the files of a folder or a bucket: the stage that the composition root runs. */
import type { Clock, Random } from '@millrace/base'
import type { LogReader, LogWriter, Stage, StageObservation } from '@millrace/core'
import type { Parking } from '../parking/parking.ts'
import { runSessions } from '../run-sessions.ts'
import { belongsTo, type DeclaredFiles, declaredFiles } from './declared-files.ts'
import { CREATE_FILE_TABLE, type FileRow, FileTable, objectOf } from './file-table.ts'
import { FilesRecord } from './files-record.ts'
import { Look } from './look.ts'
import { type FilesPlace, openObjectStore } from './object/open-object-store.ts'
import { ReadAhead } from './object/read-ahead.ts'
import { bucketAddress, isBucket } from './object/s3/bucket-address.ts'
import { listenToQueue } from './notice/listen-to-queue.ts'
import { openNoticeQueue } from './notice/open-notice-queue.ts'
import { readNotice } from './notice/read-notice.ts'
import { storedSchemas } from './stored-schemas.ts'
import { CREATE_TABLE_ROWS } from './table-rows.ts'
import { VersionReader } from './version-reader.ts'
import { Waker } from './waker.ts'

export interface FilesCaptureOptions extends FilesPlace {
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly parking: Parking
  readonly scratchFolder: string
  readonly partitionsOf: (stream: string) => number
}

const FOLDER_POLL_MS = 1000
const BUCKET_POLL_MS = 30_000
const SETTLE_MS = 1000
/** Versions that are taken from the table at a time. */
const ROWS_AT_ONCE = 256
const READ_AHEAD = 32
const COUNT_EVERY_MS = 500
/** More notices that wait are not kept: everything is looked at instead, and nothing is missed. */
const NOTICES_MAX = 1000

interface Session {
  readonly look: Look
  readonly table: FileTable
  readonly versions: VersionReader
  readonly ahead: ReadAhead
  readonly signal: AbortSignal
}

export class FilesCapture implements Stage {
  readonly name: string
  readonly #options: FilesCaptureOptions
  readonly #record = new FilesRecord()
  readonly #declared: readonly DeclaredFiles[]
  readonly #waker: Waker
  readonly #pollMs: number
  readonly #settleMs: number
  /** Objects that somebody said are new; null: so many that all are looked at. */
  #notices: Set<string> | null = new Set()
  #nextLookMs = 0
  #nextCountMs = 0

  constructor(options: FilesCaptureOptions) {
    const { name, config, clock } = options
    this.name = name
    this.#options = options
    this.#declared = declaredFiles(config)
    this.#waker = new Waker(clock)
    this.#pollMs = config.pollMs ?? (isBucket(config.from) ? BUCKET_POLL_MS : FOLDER_POLL_MS)
    this.#settleMs = config.settleMs ?? SETTLE_MS
  }

  /** Begins again after whatever may pass by itself; rejects for what needs a person. */
  async run(signal: AbortSignal): Promise<void> {
    const record = this.#record
    const { clock, random } = this.#options
    let looked = record.lastLookMs
    const session = (until: AbortSignal): Promise<void> => {
      looked = record.lastLookMs
      return this.#session(until)
    }
    const ending = new AbortController()
    const listening = this.#listen(AbortSignal.any([signal, ending.signal]))
    try {
      await runSessions({ clock, random, record, session, wasWell: () => record.lastLookMs !== looked }, signal)
    } finally {
      ending.abort()
      await listening
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const client = openNoticeQueue(this.#options, this.#options.clock)
    if (client === null) return
    const { clock, random } = this.#options
    await listenToQueue({ client, clock, random, record: this.#record, take: (notice) => this.takeNotice(notice) }, signal)
  }

  observe(): readonly StageObservation[] {
    return [this.#record.observe(this.name, this.#options.clock)]
  }

  /** Takes a notice in any of its forms. Yields how many objects it names, or null where it is no notice. */
  takeNotice(notice: Readonly<Record<string, unknown>>): number | null {
    const { name, config } = this.#options
    const address = isBucket(config.from) ? bucketAddress(name, config) : null
    const keys = readNotice(notice, { bucket: address?.bucket ?? null, prefix: address?.prefix ?? '' })
    // One that names only what is elsewhere is no reason to look at all of this place.
    if (keys !== null && (keys.length > 0 || Object.keys(notice).length === 0)) this.notify(keys)
    return keys === null ? null : keys.length
  }

  /**
   * Somebody says that these objects are new. It only makes the look at them earlier: what they are is found by
   * looking, and what nobody tells of is found by the next poll. Names that are not the source's are passed over.
   */
  notify(keys: readonly string[]): void {
    this.#record.notices += 1
    this.#record.lastNoticeMs = this.#options.clock.nowMs()
    for (const key of keys) this.#notices?.add(key)
    if (keys.length === 0 || (this.#notices?.size ?? 0) > NOTICES_MAX) this.#notices = null
    this.#waker.wake()
  }

  async #session(signal: AbortSignal): Promise<void> {
    const { name, config, writer, reader, parking, clock } = this.#options
    const store = openObjectStore(this.#options, this.#options)
    const table = new FileTable(name, reader)
    this.#record.place = store.place
    // What a killed process had begun is read again from its beginning.
    await writer.commit({ control: [...CREATE_FILE_TABLE, ...CREATE_TABLE_ROWS], discard: [`${name}/`] })
    parking.load()
    const ahead = new ReadAhead(store)
    const rest = { writer, clock, table, store, ahead }
    const look = new Look({ ...rest, declared: this.#declared, settleMs: this.#settleMs, doneSuffix: config.doneSuffix })
    const schemasOf = storedSchemas(name, reader)
    const versions = new VersionReader({
      ...this.#options,
      ...rest,
      source: name,
      declared: this.#declared,
      look,
      schemasOf,
      record: this.#record,
    })
    await writer.commit({ control: versions.forgetStaged() })
    this.#nextLookMs = 0
    for (const session: Session = { look, table, versions, ahead, signal }; !signal.aborted;) {
      await this.#lookIfDue(session)
      await this.#readWaiting(session)
      await this.#rest(session)
    }
  }

  async #lookIfDue({ look, table, signal }: Session): Promise<void> {
    const { clock } = this.#options
    const record = this.#record
    const notices = this.#notices
    this.#notices = new Set()
    const begunMs = clock.monotonicMs()
    if (notices === null || begunMs >= this.#nextLookMs) {
      record.seen = await look.whole(signal)
      record.lastLookMs = clock.nowMs()
      record.lookTookMs = clock.monotonicMs() - begunMs
      // A look that takes longer than it rests would leave no time for reading.
      this.#nextLookMs = clock.monotonicMs() + Math.max(this.#pollMs, record.lookTookMs)
    } else if (notices.size > 0) {
      await look.at([...notices], signal)
      record.lastLookMs = clock.nowMs()
    }
    this.#count(table)
    record.error = null
    record.phase = 'running'
  }

  /** Until nothing waits or another look is due; a look never breaks into a version. */
  async #readWaiting({ table, versions, ahead, signal }: Session): Promise<void> {
    while (!signal.aborted && !this.#isLookDue()) {
      const rows = this.#inOrder(table, versions)
      if (rows.length === 0) break
      for (const [at, row] of rows.entries()) {
        if (signal.aborted || this.#isLookDue()) break
        ahead.expect(rows.slice(at, at + READ_AHEAD).map(objectOf), signal)
        const declared = belongsTo(row.object, this.#declared)
        // It waited for a declaration that is not there any more.
        if (declared === undefined) await this.#options.writer.commit({ control: [table.gone(row)] })
        else await versions.read(row, declared, signal)
      }
      ahead.clear()
      await versions.flush()
      this.#count(table)
    }
  }

  /** Counting looks at every row there is. */
  #count(table: FileTable): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs < this.#nextCountMs && table.waiting(this.#options.clock.nowMs(), 1).length > 0) return
    this.#record.counts = table.counts()
    this.#nextCountMs = nowMs + COUNT_EVERY_MS
  }

  #inOrder(table: FileTable, versions: VersionReader): readonly FileRow[] {
    const rows = table.waiting(this.#options.clock.nowMs(), ROWS_AT_ONCE)
    const { begun } = versions
    if (begun === null) return rows
    const first = table.find([begun.object]).get(begun.object)
    if (first === undefined || first.status !== 'waiting' || first.version !== begun.version) return rows
    return [first, ...rows.filter(({ object }) => object !== first.object)]
  }

  #isLookDue(): boolean {
    return this.#notices === null || this.#notices.size > 0 || this.#options.clock.monotonicMs() >= this.#nextLookMs
  }

  async #rest({ table, signal }: Session): Promise<void> {
    const { clock } = this.#options
    const nowMs = clock.nowMs()
    const settling = table.oldestSettlingMs()
    const due = table.nextDueMs(nowMs)
    const toPoll = this.#nextLookMs - clock.monotonicMs()
    const toSettle = settling === null ? Infinity : Math.max(0, settling + this.#settleMs - nowMs)
    // What settles is told by a look, and only by one.
    if (toSettle < toPoll) this.#nextLookMs = clock.monotonicMs() + toSettle
    const delayMs = Math.min(toPoll, toSettle, due === null ? Infinity : due - nowMs)
    if (delayMs > 0 && !this.#isLookDue()) await this.#waker.wait(delayMs, signal)
  }
}
