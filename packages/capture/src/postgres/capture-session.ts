/**
 * One connection's life: decides whether to resume the stream or to begin it anew, and runs beside each
 * other the stream, the fills of tables whose rows are to be read, the watch of the catalog and the
 * heartbeat. It keeps no memory of its own between sessions; what was reached stands in the log (law 1).
 */
import { assert, type Clock, MillraceError, type Random } from '@millrace/base'
import { type LogReader, type LogWriter, sameSchema, type SourceProgress } from '@millrace/core'
import type { Parking } from '../parking/parking.ts'
import type { CaptureRecord } from './capture-record.ts'
import { openTableFinder } from './catalog/table-finder.ts'
import { definitionOf, type Table } from './catalog/table.ts'
import { checkServer } from './check-source.ts'
import { connect, type Connection, type SourceTarget } from './connect.ts'
import type { ActiveFill } from './fill/active-fill.ts'
import { checkBackfill, type BackfillRequest } from './fill/check-backfill.ts'
import type { FillMode } from './fill/fill-header.ts'
import type { FillRouter } from './fill/fill-router.ts'
import { Filler } from './fill/filler.ts'
import { Fills } from './fill/fills.ts'
import { type ExactSnapshot, takeover } from './fill/snapshot-slot.ts'
import { endTogether } from '../end-together.ts'
import { keepHeartbeat } from './heartbeat.ts'
import { PendingChanges } from './pending-changes.ts'
import { type ProgressState, progressOf, stateOf } from './progress-state.ts'
import { ensurePublication } from './publication.ts'
import { RelationBinder } from './relation-binder.ts'
import { ReplicationStream, type StreamEnd } from './replication-stream.ts'
import { REUSED_BYTES_MAX } from './stream/limits.ts'
import { TableWarden } from './schema-change/table-warden.ts'
import { readIdentity, type ServerIdentity } from './server-identity.ts'
import { checkSlot, dropSlot, makeSlot } from './slot.ts'
import type { StreamingChoice } from './stream/streaming-choice.ts'
import { fillTails, streamedTails, transactionTails } from './tail-name.ts'
import { WalWatch } from './wal/wal-watch.ts'

export interface SessionOptions {
  readonly target: SourceTarget
  readonly slot: string
  readonly publication: string
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly record: CaptureRecord
  readonly parking: Parking | null
  readonly silenceMsMax: number
  readonly partitionsOf: (stream: string) => number
  readonly streaming: StreamingChoice
  /** For what need not be durable. */
  readonly scratchFolder: string
  readonly chunkBlocks?: number
  readonly resumeChunksMin?: number
  /** Why the slot cannot be followed any more, where that is known already. */
  readonly lost: MillraceError | null
  /** Told once the stream can go on from what the log holds. */
  readonly onBegun: (session: CaptureSession) => void
}

/** What may be asked of a running session. */
export interface CaptureSession {
  backfill(request: BackfillRequest): Promise<void>
}

/** Fills of this group began the stream: until they show, the source has nothing to tell. */
const WHOLE = 'whole'
/** So long may questions that are under way still be answered, once the session ends. */
const FAREWELL_MS_MAX = 2000
/** From this version on a slot can be one that a standby takes over. */
const FAILOVER_VERSION_MIN = 170_000

export async function runSession(options: SessionOptions, signal: AbortSignal): Promise<StreamEnd> {
  const control = await connect(options.target, 'control')
  try {
    const { version_number } = await checkServer(control)
    const replication = await connect(options.target, 'replication')
    try {
      return await new Session(options, { control, replication, version: version_number }).run(signal)
    } finally {
      replication.close()
    }
  } finally {
    control.close()
  }
}

interface Ground {
  readonly control: Connection
  readonly replication: Connection
  readonly version: number
}

interface Begun {
  readonly progress: SourceProgress
  /** Of a slot that was made anew. */
  readonly snapshot: ExactSnapshot | null
}

class Session implements CaptureSession {
  readonly #options: SessionOptions
  readonly #ground: Ground
  readonly #tables = new Map<string, Table>()
  #fills!: Fills
  #filler!: Filler
  #warden!: TableWarden
  #stream: ReplicationStream | null = null

  constructor(options: SessionOptions, ground: Ground) {
    this.#options = options
    this.#ground = ground
  }

  async run(signal: AbortSignal): Promise<StreamEnd> {
    const { record, clock, target, slot } = this.#options
    const { control, version } = this.#ground
    const { progress, snapshot } = await this.#beginUntil(signal)
    record.error = null
    this.#options.onBegun(this)
    const session = new AbortController()
    const stop = (): void => session.abort(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    // A line that is dead gives no answer to what is being asked either.
    let farewell: NodeJS.Timeout | undefined
    session.signal.addEventListener('abort', () => (farewell = setTimeout(() => control.close(), FAREWELL_MS_MAX)), { once: true })
    try {
      // Nothing else may be asked of the connection while its snapshot is being taken over.
      const taken = snapshot === null ? null : takeover(snapshot)
      const stream = this.#streamFrom(progress)
      this.#stream = stream
      this.#warden.attach(stream, { refill: (table, why) => this.#refill(table, why), drop: (name) => this.#drop(name) })
      const walWatch = new WalWatch({ source: target.name, slot, wal: target.config.wal, clock, record })
      let end: StreamEnd = 'stopped'
      const runs = [
        this.#filler.run(session.signal, taken?.snapshot ?? null),
        (taken?.released ?? Promise.resolve()).then(async () => {
          end = await stream.run(session.signal)
        }),
        this.#warden.watch(session.signal),
        keepHeartbeat({ query: control.query, slot, clock, record, signal: session.signal, walWatch, version }),
      ]
      await endTogether(runs, session)
      return end
    } finally {
      signal.removeEventListener('abort', stop)
      clearTimeout(farewell)
      this.#stream = null
    }
  }

  /** Reads a table's rows once more, while its changes go on showing. */
  async backfill(request: BackfillRequest): Promise<void> {
    const { reader, partitionsOf, target } = this.#options
    const { stream, where } = request
    const table = this.#tables.get(stream)
    await checkBackfill({ ...request, source: target.name, table, control: this.#ground.control, fills: this.#fills })
    assert(table !== undefined, 'a table that is filled is known')
    const definition = reader.stream(stream)
    const fill = { stream, mode: 'backfill' as const, group: `backfill ${stream}`, where, why: 'it was asked for' }
    this.#fills.begin(fill, definitionOf({ ...table, schema: definition.schema }, partitionsOf(stream)))
    this.#options.record.fill.begin(stream, 'backfill')
    this.#stream?.nudge()
    this.#filler.wake()
  }

  /** A slot that is being made waits for transactions of others; whoever is to stop does not. */
  async #beginUntil(signal: AbortSignal): Promise<Begun> {
    const { control, replication } = this.#ground
    const leave = (): void => {
      control.close()
      replication.close()
    }
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    try {
      return await this.#begin()
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** What the log holds is continued, or all tables are read anew where it cannot be. */
  async #begin(): Promise<Begun> {
    const { target, slot, publication, reader, clock, record } = this.#options
    const { control, replication } = this.#ground
    const source = target.name
    const finder = await openTableFinder(target, publication)
    const found = await finder.find(control.query)
    const progress = reader.progress(source)
    const state = progress === null ? null : stateOf(progress)
    const server = await readIdentity(replication)
    const lost = progress === null || state === null ? null : await this.#loss(state, server)
    this.#warden = new TableWarden({ source, publication, control, finder, reader, clock, record })
    const { follow, fill, streams } = await this.#warden.begin(found, state?.streams ?? [])
    const tables = [...follow, ...fill.map(({ table }) => table)]
    record.tables = tables.length
    for (const table of tables) this.#tables.set(table.stream, table)
    await ensurePublication(control, publication, tables)
    if (progress !== null && state !== null && lost === null && state.slot === slot) {
      return { progress: await this.#resume(progress, { fill, streams, server }), snapshot: null }
    }
    if (lost !== null) record.lost(lost)
    return this.#beginAnew(progress, { tables, streams, server })
  }

  /** Why the slot does not continue what is stored; raised where a person wants to look first. */
  async #loss(state: ProgressState, server: ServerIdentity): Promise<MillraceError | null> {
    const { target, slot, lost } = this.#options
    const { control } = this.#ground
    const owner = { source: target.name, database: control.address.database, slot, server }
    let problem = lost
    // Another name is how a person asks for everything to be read anew.
    if (problem === null && state.slot === slot) {
      problem = await checkSlot(control.query, owner, state).then(
        () => null,
        (error: unknown) => {
          if (error instanceof MillraceError && error.code === 'CAPTURE_SLOT_LOST') return error
          throw error
        },
      )
    }
    if (problem !== null && target.config.onSlotLost === 'stop') throw problem
    return problem
  }

  async #resume(
    progress: SourceProgress,
    begun: { fill: readonly { table: Table; why: string }[]; streams: readonly string[]; server: ServerIdentity },
  ): Promise<SourceProgress> {
    const { target } = this.#options
    const state = { ...stateOf(progress), timeline: begun.server.timeline }
    this.#prepareFills(state, begun.streams)
    for (const { table, why } of begun.fill) {
      if (!this.#isUnderWay(table)) this.#beginFill(table, { group: `joined ${state.position}`, why })
      this.#warden.fillStarted(table)
    }
    const next = progressOf(target.name, progress.transaction, { ...state, streams: begun.streams })
    // What a lost connection left of a transaction comes again as a whole.
    const discard = [transactionTails(target.name), streamedTails(target.name)]
    const { discard: dropped = [], ...changes } = this.#fills.takeChanges()
    await this.#commit({ ...changes, discard: [...discard, ...dropped], progress: next })
    return next
  }

  /** A fill that is remembered goes on, unless the table has another shape by now. */
  #isUnderWay(table: Table): boolean {
    const fill = this.#fills.of(table.stream)
    const stream = this.#options.reader.streams().find(({ name }) => name === table.stream)
    return fill !== undefined && stream !== undefined && sameSchema(stream.schema, table.schema)
  }

  async #beginAnew(
    old: SourceProgress | null,
    { tables, streams, server }: { tables: readonly Table[]; streams: readonly string[]; server: ServerIdentity },
  ): Promise<{ progress: SourceProgress; snapshot: ExactSnapshot }> {
    const { target, slot, publication, record } = this.#options
    const { control, replication, version } = this.#ground
    const source = target.name
    const owner = { source, database: control.address.database, slot }
    record.phase = 'snapshot'
    await dropSlot(control.query, owner)
    const isFailover = target.config.failover === true && version >= FAILOVER_VERSION_MIN
    const { position, snapshot } = await makeSlot(replication, control.query, { source, slot, isTemporary: false, isFailover })
    const state: ProgressState = {
      slot,
      publication,
      position,
      streams,
      systemId: server.systemId,
      timeline: server.timeline,
      offset: offsetFor(old, position),
    }
    this.#prepareFills(state, streams)
    for (const fill of this.#fills.active) this.#fills.forget(fill)
    for (const table of tables) {
      this.#beginFill(table, { group: WHOLE, why: old === null ? 'the source is new' : 'its slot was lost' })
      this.#warden.fillStarted(table)
    }
    const progress = progressOf(source, position - 1, state)
    const { discard = [], ...changes } = this.#fills.takeChanges()
    const all = [transactionTails(source), streamedTails(source), fillTails(source), ...discard]
    await this.#commit({ ...changes, discard: all, progress })
    if (old !== null) await this.#forgetOldSlot(stateOf(old))
    return { progress, snapshot: { name: snapshot, position, close: () => undefined } }
  }

  #prepareFills(state: ProgressState, filled: readonly string[]): void {
    const { target, reader, parking, writer, clock, random, record, slot, scratchFolder, partitionsOf, chunkBlocks, resumeChunksMin } =
      this.#options
    const { control } = this.#ground
    const { position, offset } = state
    this.#fills = new Fills({
      source: target.name,
      reader,
      parking,
      filled,
      position,
      offset,
      isKeyed: (stream) => (this.#tables.get(stream)?.schema.key.length ?? 0) > 0,
      onShown: (fill) => this.#shown(fill),
      onVisible: (stream) => {
        record.fill.end(stream)
        record.isWhole = !this.#fills.active.some(({ header }) => header.group === WHOLE)
      },
    })
    this.#filler = new Filler({
      target,
      slot,
      control,
      writer,
      reader,
      clock,
      random,
      record,
      parking,
      fills: this.#fills,
      offset,
      scratchFolder,
      partitionsOf,
      tableOf: (stream) => this.#tables.get(stream) ?? null,
      onSuspect: (stream, why) => this.#warden.suspect(stream, why),
      nudge: () => this.#stream?.nudge(),
      ...(chunkBlocks === undefined ? {} : { chunkBlocks }),
      ...(resumeChunksMin === undefined ? {} : { resumeChunksMin }),
    })
    record.isWhole = !this.#fills.active.some(({ header }) => header.group === WHOLE)
  }

  #beginFill(table: Table, { group, why }: { group: string; why: string }): void {
    const { record, partitionsOf } = this.#options
    const { stream } = table
    const mode: FillMode = this.#holdsRows(stream) ? 'rebuild' : 'load'
    this.#tables.set(stream, table)
    this.#fills.begin({ stream, mode, group, where: null, why }, definitionOf(table, partitionsOf(stream)))
    if (group === WHOLE) record.isWhole = false
  }

  #holdsRows(stream: string): boolean {
    const { reader } = this.#options
    return reader.streams().some(({ name }) => name === stream) && reader.extents(stream).some(({ next }) => next > 0)
  }

  /** Asked for by the warden, between two transactions; the feed that it binds next is the fill's. */
  #refill(table: Table, why: string): void {
    this.#beginFill(table, { group: `refill ${table.stream}`, why })
    this.#warden.fillStarted(table)
    this.#filler.wake()
  }

  #drop(stream: string): void {
    const fill = this.#fills.of(stream)
    if (fill !== undefined) this.#fills.forget(fill)
    this.#options.record.fill.end(stream)
  }

  #shown({ stream, header }: ActiveFill): void {
    const table = this.#tables.get(stream)
    if (table !== undefined && header.mode !== 'backfill') this.#warden.filled(table)
  }

  /** A set of the session's own, at a boundary: before the stream begins. */
  async #commit(set: Parameters<LogWriter['commit']>[0]): Promise<void> {
    await this.#options.writer.commit(this.#warden.amend(set, set.progress))
    this.#warden.routed()
  }

  /** The slot of before would hold back the server's log for ever. */
  async #forgetOldSlot({ slot, publication }: ProgressState): Promise<void> {
    const { control } = this.#ground
    const { target } = this.#options
    if (slot === this.#options.slot) return
    await dropSlot(control.query, { source: target.name, database: control.address.database, slot }).catch(() => undefined)
    if (publication === slot) await control.query(`drop publication if exists "${publication}"`).catch(() => undefined)
  }

  #streamFrom(progress: SourceProgress): ReplicationStream {
    const { target, slot, writer, clock, record, parking, partitionsOf, streaming, silenceMsMax } = this.#options
    const { control, replication, version } = this.#ground
    const pending = new PendingChanges(parking, { offset: stateOf(progress).offset, reusedBytesMax: REUSED_BYTES_MAX })
    const warden = this.#warden
    const binder = new RelationBinder({ source: target.name, slot, warden, partitionsOf })
    const fills = this.#fills
    const router: FillRouter = {
      route: (set, boundary) => warden.amend(fills.route(set, boundary), boundary),
      routed: () => {
        fills.routed()
        warden.routed()
      },
      get isDue() {
        return fills.isDue || warden.isDue
      },
    }
    return new ReplicationStream({
      source: target.name,
      replication,
      query: control.query,
      pending,
      writer,
      clock,
      record,
      version,
      streaming,
      silenceMsMax,
      state: stateOf(progress),
      transaction: progress.transaction,
      fills: router,
      bindRelation: (relation, lane) => binder.bind(relation, lane),
    })
  }
}

/** The position of another server may be lower than what was read; the log's transactions never are. */
function offsetFor(old: SourceProgress | null, position: number): number {
  if (old === null) return 0
  const { offset } = stateOf(old)
  const last = old.transaction + offset
  return position - 1 + offset > last ? offset : last - position + 2
}
