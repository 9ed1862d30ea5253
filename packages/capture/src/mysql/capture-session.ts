/** One connection's life: checks, the snapshot where one is needed, then the stream until something ends it. */
import { type Clock, MillraceError, type Random, reach } from '@millrace/base'
import type { LogReader, LogWriter, SourceProgress } from '@millrace/core'
import { endTogether } from '../end-together.ts'
import { tablesOwner } from '../stopped/acceptance.ts'
import { BinlogFollower } from './binlog-follower.ts'
import type { CaptureRecord } from './capture-record.ts'
import { areCascadesLogged, type Cascade, readCascades } from './catalog/read-cascades.ts'
import { isWanted, readTables } from './catalog/read-tables.ts'
import { definitionOf, streamName, type Table } from './catalog/table.ts'
import { type Charsets, readCharsets } from './cell/charset.ts'
import type { ZeroDates } from './cell/date-time.ts'
import { checkHistory, checkServer, readLogStatus, type ServerFacts } from './check-source.ts'
import { connect, type Connection, quoteText, type SourceTarget } from './connect.ts'
import { TableFiller } from './fill/table-filler.ts'
import { MysqlSet } from './gtid/mysql-set.ts'
import { caseOfName, nameCaseOf } from './name-case.ts'
import { PendingChanges } from './pending-changes.ts'
import { type ProgressState, progressOf, stateOf, TAIL } from './progress-state.ts'
import { openSnapshot } from './snapshot/open-snapshot.ts'
import { takeSnapshot } from './snapshot/take-snapshot.ts'
import { followStream, type StreamOptions } from './stream.ts'
import { TableBinder } from './table-binder.ts'
import { TransactionLog } from './transaction-log.ts'
import { RawConnection } from './wire/raw-connection.ts'

export interface SessionOptions {
  readonly target: SourceTarget
  readonly serverId: number
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly record: CaptureRecord
  readonly silenceMsMax: number
  readonly partitionsOf: (stream: string) => number
  /** Groups that were found to have no end. */
  readonly incomplete: ReadonlySet<string>
  /** Have all tables read anew, whatever is stored. */
  readonly isRebuild: boolean
  /** The place before the last transaction is gone from the server, so the last one itself must do. */
  readonly isProofGone: boolean
}

export interface Ground {
  readonly control: Connection
  readonly facts: ServerFacts
  readonly charsets: Charsets
  readonly zeros: ZeroDates
  readonly tables: readonly Table[]
  readonly passed: readonly string[]
  readonly signal: AbortSignal
}

const POLL_PAUSE_MS = 3000

export async function runSession(options: SessionOptions, signal: AbortSignal): Promise<void> {
  const { target, serverId, record } = options
  const control = await connect(target)
  const session = new AbortController()
  const stop = (): void => session.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const facts = await checkServer(control, serverId)
    const charsets = await readCharsets(control.query)
    const zeros: ZeroDates = { count: 0 }
    const { tables, passed } = await readTables(control, { source: target.name, config: target.config, charsets, zeros })
    record.server = `${facts.version}, ${facts.server}`
    record.tables = tables.length
    const ground = { control, facts, charsets, zeros, tables, passed, signal: session.signal }
    const progress = await reachStream(options, ground)
    if (session.signal.aborted) return
    const { followed, filler } = await openStream(options, ground, progress)
    await endTogether([followStream(followed, ground.signal), filler.run(ground.signal), poll(options, ground)], session)
  } finally {
    signal.removeEventListener('abort', stop)
    control.close()
  }
}

/** The progress to stream from: the one that is stored, or that of a new snapshot. */
async function reachStream(options: SessionOptions, ground: Ground): Promise<SourceProgress> {
  const { target, reader, writer, isRebuild } = options
  const progress = reader.progress(target.name)
  if (progress === null || isRebuild || isAnewWanted(target, stateOf(progress), ground.tables)) return readAnew(options, ground, progress)
  checkHistory(target.name, stateOf(progress), ground.facts)
  // What a lost connection left of a transaction comes again as a whole.
  await writer.commit({ discard: [TAIL.part(target.name), TAIL.snapshot(target.name), TAIL.fills(target.name)] })
  return progress
}

/** Another generation is how a person asks for it; a table that joins needs the rows it has already. */
function isAnewWanted({ config }: SourceTarget, state: ProgressState, tables: readonly Table[]): boolean {
  const joins = ({ name }: Table): boolean => !state.tables.includes(name) && (config.tables !== undefined || state.passed.includes(name))
  return state.generation !== (config.generation ?? 1) || tables.some(joins)
}

async function readAnew(options: SessionOptions, ground: Ground, old: SourceProgress | null): Promise<SourceProgress> {
  const { target, record, writer, reader, partitionsOf, clock } = options
  const { facts, charsets, zeros, signal } = ground
  record.phase = 'snapshot'
  record.snapshotRows = 0
  reach('capture.before-slot')
  const snapshot = await openSnapshot(target, facts, ground.tables)
  try {
    // Read again, for the shapes must not be older than the place.
    const { tables, passed } = await readTables(ground.control, { source: target.name, config: target.config, charsets, zeros })
    const transaction = (old?.transaction ?? 0) + 1
    const pending = new PendingChanges()
    pending.transaction = transaction
    pending.timeMicros = snapshot.timeMicros
    const { gtid, file, position } = snapshot
    const progress = progressOf(target.name, transaction, {
      dialect: facts.dialect,
      server: facts.server,
      generation: target.config.generation ?? 1,
      gtid,
      file,
      position,
      before: '',
      proof: '',
      stopped: {},
      prepared: [],
      passed,
      tables: tables.map(({ name }) => name),
      cascades: await cascadesOf(
        ground,
        tables.map(({ name }) => name),
      ),
    })
    const streams = new Set(tables.map(({ stream: name }) => name))
    const before = old === null ? null : stateOf(old)
    // One that was left out later has a stream, too.
    const earlier = new Set([...(before?.tables ?? []), ...(before?.passed ?? [])].map((table) => streamName(target.name, table)))
    const onRows = (rows: number): void => {
      record.snapshotRows += rows
      record.zeroDates = zeros.count
      record.lastContactMs = clock.nowMs()
    }
    const definitions = tables.map((table) => definitionOf(table, partitionsOf(table.stream)))
    await writer.commit({ discard: [TAIL.all(target.name)], streams: definitions })
    await takeSnapshot({
      tail: TAIL.snapshot(target.name),
      snapshot,
      tables,
      pending,
      writer,
      reader,
      signal,
      onRows,
      definitions,
      gone: reader.streams().filter(({ name }) => earlier.has(name) && !streams.has(name)),
    })
    await writer.commit({ show: [{ tail: TAIL.snapshot(target.name) }], progress, state: { clear: [tablesOwner(target.name)] } })
    reach('capture.after-snapshot')
    record.changes += record.snapshotRows
    record.stopped = {}
    record.error = null
    if (record.snapshotRows > 0) record.lastChangeMs = clock.nowMs()
    return progress
  } finally {
    snapshot.release()
    snapshot.connection.close()
  }
}

interface OpenedStream {
  readonly followed: StreamOptions
  readonly filler: TableFiller
}

async function openStream(options: SessionOptions, ground: Ground, progress: SourceProgress): Promise<OpenedStream> {
  const { target, reader, writer, clock, record, partitionsOf, incomplete, isProofGone } = options
  const { control, facts, charsets, zeros } = ground
  const { name: source, config } = target
  const stored = withoutUnwanted(stateOf(progress), config)
  const state = {
    ...stored,
    cascades:
      stored.cascades ??
      (await cascadesOf(
        ground,
        ground.tables.map(({ name }) => name),
      )),
  }
  const isProofWanted = state.proof !== '' && !isProofGone
  if (facts.dialect === 'mariadb' && !isProofWanted) await checkSameServer(source, ground, state)
  const connection = await connect(target)
  const raw = await startDump(connection, { facts, serverId: options.serverId, from: isProofWanted ? state.before : state.gtid })
  const pending = new PendingChanges()
  const names = nameCaseOf(facts)
  const database = caseOfName(control.address.database, names)
  const log = new TransactionLog({
    source,
    pending,
    writer,
    clock,
    record,
    state,
    transaction: progress.transaction,
    onFailure: () => raw.stop(),
  })
  const captured = new Set(state.tables.map((table) => streamName(source, table)))
  const binder = new TableBinder({
    source,
    charsets,
    zeros,
    pending,
    partitionsOf,
    database,
    dialect: facts.dialect,
    definitions: reader.streams().filter(({ name }) => captured.has(name)),
    isWanted: (table) => isWanted(table, config),
    isCaptured: (table) => log.state.tables.includes(table),
    catalogType: (table, column) => catalogTypeOf(control, table, column),
  })
  const follower = new BinlogFollower({
    source,
    pending,
    log,
    binder,
    clock,
    record,
    state,
    isProofWanted,
    incomplete,
    database,
    names,
    areCascadesLogged: areCascadesLogged(facts.variables),
    isTimestampFilled: facts.variables.get('explicit_defaults_for_timestamp') === 'OFF',
    isChecked: facts.isChecked,
    isWanted: (table) => isWanted(table, config),
  })
  Object.assign(record, { gtid: state.gtid, file: state.file, position: state.position, stopped: state.stopped, fillError: null })
  const filler = new TableFiller({
    ...options,
    ...ground,
    fills: follower.fills,
    stopped: () => log.state.stopped,
    isStreaming: () => record.phase === 'running' && follower.isProven,
  })
  const { serverId, silenceMsMax } = options
  const { address } = connection
  return { followed: { raw, follower, log, record, clock, zeros, address, serverId, isProofWanted, state, silenceMsMax }, filler }
}

/** Should a table that is left out now be wanted again, it joins with the rows that it has then. */
function withoutUnwanted(state: ProgressState, config: SourceTarget['config']): ProgressState {
  const unwanted = state.tables.filter((table) => !isWanted(table, config))
  return {
    ...state,
    tables: state.tables.filter((table) => isWanted(table, config)),
    passed: [...new Set([...state.passed, ...unwanted])],
    stopped: Object.fromEntries(Object.entries(state.stopped).filter(([table]) => isWanted(table, config))),
    ...(state.cascades === undefined ? {} : { cascades: state.cascades.filter(({ child }) => isWanted(child, config)) }),
  }
}

async function cascadesOf({ control, facts }: Ground, tables: readonly string[]): Promise<Cascade[]> {
  return areCascadesLogged(facts.variables) ? [] : readCascades(control, tables, nameCaseOf(facts))
}

/** Without a transaction to know the history by, only the very server that we read from will do. */
async function checkSameServer(source: string, { control, facts }: Ground, state: ProgressState): Promise<void> {
  const lost = (what: string): MillraceError => new MillraceError('CAPTURE_BINLOG_LOST', { details: { source, gtid: state.gtid, what } })
  if (facts.server !== state.server) throw lost('another server answers, and nothing was taken yet to know its history by')
  const [row] = await control.query<{ gtid: string | null }>(`SELECT BINLOG_GTID_POS(${quoteText(state.file)}, ${state.position}) AS gtid`)
  // A file that is gone says nothing; whether its changes are needed, the dump itself will tell.
  if (row !== undefined && row.gtid !== null && row.gtid !== '' && row.gtid !== state.gtid) {
    throw lost(`its file ${state.file} holds ${row.gtid} at ${state.position}: another history under the same name`)
  }
}

async function startDump(
  connection: Connection,
  { facts, serverId, from }: { facts: ServerFacts; serverId: number; from: string },
): Promise<RawConnection> {
  const heartbeat = 2_000_000_000
  try {
    await connection.query(`SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum`)
    await connection.query(`SET @master_heartbeat_period = ${heartbeat}, @source_heartbeat_period = ${heartbeat}`)
    if (facts.dialect === 'mariadb') {
      await connection.query(`SET @mariadb_slave_capability = 4, @slave_gtid_strict_mode = 1, @slave_gtid_ignore_duplicates = 0`)
      await connection.query(`SET @slave_connect_state = ${quoteText(from)}`)
    }
  } catch (error) {
    connection.close()
    throw error
  }
  const raw = new RawConnection(connection)
  raw.dump({ serverId, gtidSet: facts.dialect === 'mariadb' ? null : MysqlSet.parse(from).encode() })
  return raw
}

async function catalogTypeOf(control: Connection, table: string, column: string): Promise<string | undefined> {
  const place = `TABLE_SCHEMA = ${quoteText(control.address.database)} AND TABLE_NAME = ${quoteText(table)} AND COLUMN_NAME = ${quoteText(column)}`
  const [row] = await control.query<{ type: string }>(`SELECT DATA_TYPE AS type FROM information_schema.COLUMNS WHERE ${place}`)
  return row?.type.toLowerCase()
}

/** Looks where the server is, so that silence is explained (law 6). Runs until the signal aborts. */
async function poll({ record, clock }: SessionOptions, { control, facts, signal }: Ground): Promise<void> {
  while (!signal.aborted) {
    const { file, position } = await readLogStatus(control, facts)
    const [row] = await control.query<{ gtid: string }>(
      facts.dialect === 'mariadb' ? 'SELECT @@global.gtid_binlog_pos AS gtid' : 'SELECT @@global.gtid_executed AS gtid',
    )
    Object.assign(record, { serverFile: file, serverPosition: position, serverGtid: row?.gtid ?? null, lastContactMs: clock.nowMs() })
    await clock.sleep(POLL_PAUSE_MS, signal).catch(() => undefined)
  }
}
