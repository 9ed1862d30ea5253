/** Reads tables anew that had stopped and were accepted, one after another, while the stream goes on. */
import { backoffMs, type Clock, MillraceError, type Random } from '@millrace/base'
import type { LogReader, LogWriter } from '@millrace/core'
import { acceptancePlace, acceptedStreams } from '../../stopped/acceptance.ts'
import type { CaptureRecord } from '../capture-record.ts'
import { areCascadesLogged, readCascades } from '../catalog/read-cascades.ts'
import { readTables } from '../catalog/read-tables.ts'
import { definitionOf, streamName, type Table } from '../catalog/table.ts'
import type { Charsets } from '../cell/charset.ts'
import type { ZeroDates } from '../cell/date-time.ts'
import { readFacts, type ServerFacts } from '../check-source.ts'
import type { Connection, SourceTarget } from '../connect.ts'
import { nameCaseOf } from '../name-case.ts'
import { PendingChanges } from '../pending-changes.ts'
import { type Stopped, TAIL } from '../progress-state.ts'
import { type OpenSnapshot, openSnapshot } from '../snapshot/open-snapshot.ts'
import { takeSnapshot } from '../snapshot/take-snapshot.ts'
import type { ActiveFill, FillEnd } from './active-fill.ts'
import type { Fills } from './fills.ts'

export interface TableFillerOptions {
  readonly target: SourceTarget
  readonly facts: ServerFacts
  readonly control: Connection
  readonly charsets: Charsets
  readonly zeros: ZeroDates
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly record: CaptureRecord
  readonly partitionsOf: (stream: string) => number
  readonly fills: Fills
  /** The tables that have stopped, by name. */
  readonly stopped: () => Readonly<Record<string, Stopped>>
  /** What the stream takes now is new to the log. */
  readonly isStreaming: () => boolean
}

const LOOK_PAUSE_MS = 1000
const RETRY = { baseMs: 1000, limitMs: 60_000, jitter: 0.2 } as const
/** A view that is older than what the stream has taken is made again so long, while the stream waits. */
const HOLD_MS_MAX = 10_000
const HOLD_PAUSE_MS = 20

/** The view stands, the stream knows of it and goes on. */
interface BegunFill {
  readonly snapshot: OpenSnapshot
  readonly table: Table | null
  readonly fill: ActiveFill
}

export class TableFiller {
  readonly #options: TableFillerOptions

  constructor(options: TableFillerOptions) {
    this.#options = options
  }

  /** Ends when the signal aborts. What the server refuses is told and tried again; the stream does not notice. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, record, isStreaming } = this.#options
    for (let attempt = 0; !signal.aborted;) {
      let pauseMs = LOOK_PAUSE_MS
      try {
        const name = isStreaming() ? await this.#next() : undefined
        const end = name === undefined ? null : await this.#fill(name, signal)
        if (end === 'shown') pauseMs = 0
        attempt = 0
        record.fillError = null
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof MillraceError)) throw error
        attempt += 1
        pauseMs = backoffMs(random, { attempt, ...RETRY })
        record.fillError = error
      } finally {
        record.filling = null
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined)
    }
  }

  /** A table that was accepted; what was accepted and has not stopped any more is forgotten. */
  async #next(): Promise<string | undefined> {
    const { target, reader, writer, stopped } = this.#options
    const names = new Map(Object.keys(stopped()).map((name) => [streamName(target.name, name), name]))
    const accepted = [...acceptedStreams(reader, target.name)]
    const remove = accepted.filter((stream) => !names.has(stream)).map((stream) => acceptancePlace(target.name, stream))
    if (remove.length > 0) await writer.commit({ state: { remove } })
    return names.get(accepted.find((stream) => names.has(stream)) ?? '')
  }

  async #fill(name: string, signal: AbortSignal): Promise<FillEnd | null> {
    const { target, record, writer } = this.#options
    record.filling = name
    const begun = await this.#begin(name, signal)
    if (begun === null) return null
    const { fill } = begun
    try {
      await this.#read(name, begun, signal)
      fill.isRead = true
    } catch (error) {
      // What the stream has ended is not a failure of the reading.
      if (!fill.over.aborted) {
        if (!signal.aborted) this.#options.fills.end(name, 'disturbed')
        throw error
      }
    } finally {
      begun.snapshot.release()
      begun.snapshot.connection.close()
    }
    const end = await Promise.race([fill.ended, aborted(signal)])
    if (end === null || end === 'shown') return end
    const remove = end === 'disturbed' ? [] : [acceptancePlace(target.name, streamName(target.name, name))]
    await writer.commit({ discard: [TAIL.fills(target.name)], state: { remove } })
    return end
  }

  /** Null where no view could be had that is not older than the stream; then it is tried again. */
  async #begin(name: string, signal: AbortSignal): Promise<BegunFill | null> {
    const { target, writer, fills, partitionsOf } = this.#options
    const before = await this.#look(name)
    const release = fills.hold()
    signal.addEventListener('abort', release, { once: true })
    let snapshot: OpenSnapshot | null = null
    try {
      snapshot = await this.#view(before, signal)
      if (snapshot === null) return null
      // Read again, for the shape must not be older than the place.
      const table = await this.#look(name)
      const definition = table === null ? null : definitionOf(table, partitionsOf(table.stream))
      await writer.commit({ discard: [TAIL.fills(target.name)], streams: definition === null ? [] : [definition] })
      const { file, position, timeMicros } = snapshot
      const request = { table: name, place: { file, position }, timeMicros, definition, cascades: await this.#cascades(table) }
      if (signal.aborted) return null
      const begun = { snapshot, table, fill: fills.begin(request) }
      snapshot = null
      return begun
    } finally {
      signal.removeEventListener('abort', release)
      release()
      snapshot?.release()
      snapshot?.connection.close()
    }
  }

  async #view(table: Table | null, signal: AbortSignal): Promise<OpenSnapshot | null> {
    const { target, facts, fills, clock } = this.#options
    for (const beganMs = clock.monotonicMs(); !signal.aborted && clock.monotonicMs() - beganMs < HOLD_MS_MAX;) {
      const snapshot = await openSnapshot(target, facts, table === null ? [] : [table])
      const { server } = await readFacts(snapshot.connection)
      if (server === facts.server && fills.covers(snapshot)) return snapshot
      snapshot.release()
      snapshot.connection.close()
      if (server !== facts.server) {
        const what = `another server answers, ${server}, than the one whose binlog is read`
        throw new MillraceError('CAPTURE_CONNECTION_LOST', { details: { source: target.name, what } })
      }
      await clock.sleep(HOLD_PAUSE_MS, signal).catch(() => undefined)
    }
    return null
  }

  /** Null where it is gone. */
  async #look(name: string): Promise<Table | null> {
    const { target, control, charsets, zeros } = this.#options
    try {
      const { tables } = await readTables(control, { source: target.name, config: { tables: [name] }, charsets, zeros })
      return tables[0] ?? null
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'SOURCE_TABLE_MISSING') return null
      throw error
    }
  }

  async #cascades(table: Table | null): Promise<Awaited<ReturnType<typeof readCascades>>> {
    const { control, facts } = this.#options
    return table === null || areCascadesLogged(facts.variables) ? [] : readCascades(control, [table.name], nameCaseOf(facts))
  }

  async #read(name: string, { snapshot, table, fill }: BegunFill, signal: AbortSignal): Promise<void> {
    const { target, writer, reader, record, zeros, clock } = this.#options
    const pending = new PendingChanges()
    pending.timeMicros = snapshot.timeMicros
    const stream = streamName(target.name, name)
    await takeSnapshot({
      tail: TAIL.fill(target.name, name, 'rows'),
      snapshot,
      tables: table === null ? [] : [table],
      definitions: fill.request.definition === null ? [] : [fill.request.definition],
      gone: table === null ? reader.streams().filter((info) => info.name === stream) : [],
      pending,
      writer,
      reader,
      signal: AbortSignal.any([signal, fill.over]),
      onRows: (rows) => {
        record.snapshotRows += rows
        record.changes += rows
        record.zeroDates = zeros.count
        record.lastContactMs = clock.nowMs()
      },
    })
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  if (signal.aborted) return Promise.resolve(null)
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }))
}
