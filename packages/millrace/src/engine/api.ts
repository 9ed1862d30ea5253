/** Answers the console and the command line out of the running engine. Reads only what it returns. */
import type { Clock } from '@millrace/base'
import { MillraceError } from '@millrace/base'
import { PostgresCapture, FilesCapture } from '@millrace/capture'
import { lateStreamOf, type LogReader, type Stage, sqlNameOf } from '@millrace/core'
import type { WebhookStage } from '@millrace/deliver'
import type {
  BackfillState,
  ChangesPage,
  ChangesRequest,
  CopyProofState,
  EventDetail,
  EventsPage,
  EventsRequest,
  Graph,
  Latest,
  LatestRequest,
  ModelDetail,
  NoticeTaken,
  Overview,
  ParkedDetail,
  ParkedPage,
  ParkedReplayed,
  ParkedRequest,
  ParkedTableState,
  ProofState,
  Reading,
  Row,
  ServeApi,
} from '@millrace/serve'
import type { BoundModel } from '@millrace/sql'
import type { Store } from '@millrace/store'
import { answerOf, idOf, type Report, type Watch } from '@millrace/watch'
import type { Project } from '../config/project.ts'
import { VERSION } from '../version.ts'
import { eventDetail, eventsPage } from './events.ts'
import type { CopyProofs } from './copy-proofs.ts'
import type { ParkedDesk } from './parked-desk.ts'
import type { ScheduledRuns } from './scheduled-runs.ts'
import type { Proofs } from './proofs.ts'
import { readChanges, readLatest } from './read-changes.ts'
import { kindOf } from './source/source-kinds.ts'
import type { Thread } from './thread.ts'
import { watermarksOf } from './watermarks.ts'

export interface EngineApiOptions {
  readonly project: Project
  readonly models: readonly BoundModel[]
  readonly store: Store
  readonly reader: LogReader
  readonly watch: Watch
  readonly thread: Thread
  readonly proofs: Proofs
  readonly copies: CopyProofs
  readonly schedules: ScheduledRuns
  readonly parked: ParkedDesk
  readonly captures: readonly Stage[]
  readonly deliveries: ReadonlyMap<string, WebhookStage>
  readonly reading: Reading
  readonly clock: Clock
}

export class EngineApi implements ServeApi {
  readonly #options: EngineApiOptions
  readonly #startedMs: number
  /** The streams of what came late, each with the stream that it came from. */
  readonly #late: ReadonlyMap<string, string>

  constructor(options: EngineApiOptions) {
    this.#options = options
    this.#startedMs = options.clock.nowMs()
    this.#late = new Map(watermarksOf(options.project.config).map(([stream]) => [lateStreamOf(stream), stream]))
  }

  overview(): Overview {
    const { project, watch, proofs, copies, reader, clock, schedules } = this.#options
    return {
      project: project.config.name,
      version: VERSION,
      nowMs: clock.nowMs(),
      startedMs: this.#startedMs,
      cut: reader.cut(),
      answer: answerOf(watch.reports(), proofs.states(), { copies: copies.states(), schedules: schedules.troubles() }),
      proofs: proofs.states(),
      copies: copies.states(),
    }
  }

  graph(): Graph {
    const { watch, thread, proofs, copies } = this.#options
    const copied = new Map(copies.states().map((copy) => [copy.stream, copy]))
    const nodes = watch.reports().map((report) => ({
      ...report,
      id: idOf(report),
      label: this.#labelOf(report),
      hasSql: report.kind === 'model' && !this.#late.has(report.name),
      // What came late is told of as a model, and there is nothing to prove of it.
      proof: report.kind === 'model' ? (proofs.states().find(({ model }) => model === report.name) ?? null) : null,
      copy: report.kind === 'stream' ? (copied.get(report.name) ?? null) : null,
    }))
    const order = new Map(thread.order.map((id, at) => [id, at]))
    return { nodes: nodes.sort((left, right) => (order.get(left.id) ?? 0) - (order.get(right.id) ?? 0)), edges: thread.edges }
  }

  async latest(request: LatestRequest): Promise<Latest> {
    return readLatest(this.#options.reader, request)
  }

  async changes(request: ChangesRequest): Promise<ChangesPage> {
    return readChanges(this.#options.reader, request)
  }

  async model(name: string): Promise<ModelDetail> {
    const model = this.#options.models.find((each) => each.name === name)
    if (model === undefined) throw new MillraceError('STREAM_UNKNOWN', { details: { name } })
    const report = this.#options.watch.reports().find((each) => each.kind === 'model' && each.name === name)
    // What came late is drawn as a model, where a link to it leads.
    const names = new Set([...this.#options.models.map((each) => each.name), ...this.#late.keys()])
    return {
      name,
      file: model.file ?? '',
      sql: model.sql,
      columns: model.schema.columns.map((column) => ({ name: column.name, type: sqlNameOf(column.type), nullable: column.nullable })),
      key: model.schema.key.map((at) => model.schema.columns[at]?.name ?? ''),
      inputs: model.inputs.map((input) => ({ name: input, kind: names.has(input) ? 'model' : 'stream' })),
      asOf: evidenceNumber(report, 'cut'),
      stateRows: evidenceNumber(report, 'stateRows'),
      rows: evidenceNumber(report, 'rows'),
      subscribers: this.#options.reading.subscribersOf(name),
      proof: this.#options.proofs.state(name),
      whyStale: report === undefined || report.verdict === 'flowing' || report.verdict === 'quiet' ? null : report.sentence,
    }
  }

  async events(request: EventsRequest): Promise<EventsPage> {
    this.#delivery(request.delivery)
    return eventsPage(this.#options.reader, request)
  }

  async event(delivery: string, id: string): Promise<EventDetail> {
    this.#delivery(delivery)
    const models = this.#options.models
    return eventDetail(this.#options.reader, delivery, id, (stream) => models.find((model) => model.name === stream)?.inputs ?? [])
  }

  async resend(delivery: string, id: string): Promise<EventDetail> {
    await this.#delivery(delivery).resend([id])
    return this.event(delivery, id)
  }

  async enable(delivery: string): Promise<{ readonly delivery: string }> {
    await this.#delivery(delivery).enable()
    return { delivery }
  }

  prove(model: string): Promise<ProofState> {
    return this.#options.proofs.prove(model)
  }

  async proveStream(stream: string): Promise<CopyProofState> {
    return this.#options.copies.prove(this.#options.reader.stream(stream).name)
  }

  async backfill(stream: string, where: string | null): Promise<BackfillState> {
    const capture = this.#captureOf(stream)
    if (capture === null)
      throw new MillraceError('BACKFILL_REFUSED', {
        details: { source: stream.split('.')[0] ?? '', stream, what: 'no Postgres source of this project has it' },
      })
    await capture.backfill({ stream, where })
    return this.backfillState(stream)
  }

  backfillState(stream: string): BackfillState {
    const state = this.#captureOf(stream)?.fillOf(stream) ?? null
    return state ?? { stream, mode: null, rows: 0, rowsEstimate: 0, told: 0, ended: true, failed: false, error: null }
  }

  #captureOf(stream: string): PostgresCapture | null {
    const capture = this.#options.captures.find(({ name }) => stream.startsWith(`${name}.`))
    return capture instanceof PostgresCapture ? capture : null
  }

  async parked(request: ParkedRequest): Promise<ParkedPage> {
    return this.#options.parked.page(request)
  }

  async parkedRecord(id: string): Promise<ParkedDetail> {
    return this.#options.parked.detail(id)
  }

  fixParked(id: string, row: Row): Promise<ParkedDetail> {
    return this.#options.parked.fix(id, row)
  }

  replayParked(id: string): Promise<ParkedReplayed> {
    return this.#options.parked.replay(id)
  }

  acceptTable(stream: string): Promise<ParkedTableState> {
    return this.#options.parked.accept(stream)
  }

  dropParked(id: string): Promise<ParkedDetail> {
    return this.#options.parked.drop(id)
  }

  notify(source: string, notice: Readonly<Record<string, unknown>>): NoticeTaken {
    const stage = this.#options.captures.find(({ name }) => name === source)
    if (!(stage instanceof FilesCapture)) {
      const what = stage === undefined ? 'there is no such source' : 'it hears of changes by itself'
      throw new MillraceError('SOURCE_NOT_NOTIFIED', { details: { source, what } })
    }
    const objects = stage.takeNotice(notice)
    if (objects !== null) return { source, objects }
    const problem = 'it is neither `{ "objects": […] }` nor a notification of S3'
    throw new MillraceError('HTTP_REQUEST_INVALID', { details: { path: `/api/sources/${source}/notify`, problem, place: 'the body' } })
  }

  #delivery(name: string): WebhookStage {
    const stage = this.#options.deliveries.get(name)
    if (stage === undefined) throw new MillraceError('DELIVERY_UNKNOWN', { details: { name } })
    return stage
  }

  #labelOf({ kind, name, evidence }: Report): string {
    const source = kind === 'source' ? this.#options.project.config.sources?.[name] : undefined
    if (source !== undefined) return kindOf(source).label
    if (kind === 'stream') return 'stream'
    const late = this.#late.get(name)
    if (kind === 'model') return late === undefined ? 'live model' : `late rows of ${late}`
    return `webhook from ${this.#options.project.config.deliveries?.[name]?.from ?? ''} to ${String(evidence['endpoint'] ?? 'an address')}`
  }
}

function evidenceNumber(report: Report | undefined, name: string): number | null {
  const value = report?.evidence[name]
  return typeof value === 'number' ? value : null
}
