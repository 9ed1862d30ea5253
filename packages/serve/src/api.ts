/**
 * What the console asks of a running Millrace. This file is types only: the composition root implements
 * `ServeApi`, the server turns it into HTTP, and the console reads the same types.
 *
 * Words. All times are milliseconds of wall time since 1970 and end in `Ms`. A **node** is one thing on
 * the thread from source to delivery; its id is `kind:name` (`source:shop`, `model:order_totals`).
 */
import type { BackfillState } from './backfill-routes.ts'
import type { JsonValue, OperationName } from '@millrace/core'
import type { Answer, Report } from '@millrace/watch'

export type { Answer, Report } from '@millrace/watch'

export interface ServeApi {
  /** Cheap and never blocking: called once a second for all clients together. */
  overview(): Overview
  graph(): Graph
  /**
   * The newest `limit` changes of all streams and models with a cut after `afterCut`, oldest first.
   * Called once a second while someone watches; it must read only what it returns.
   */
  latest(request: LatestRequest): Promise<Latest>
  /** Changes of one stream or model. Raises STREAM_UNKNOWN. */
  changes(request: ChangesRequest): Promise<ChangesPage>
  /** Raises STREAM_UNKNOWN. */
  model(name: string): Promise<ModelDetail>
  /** The newest events of one delivery first. Raises DELIVERY_UNKNOWN. */
  events(request: EventsRequest): Promise<EventsPage>
  /** One event with every attempt and its trace. Raises DELIVERY_UNKNOWN or EVENT_UNKNOWN. */
  event(delivery: string, id: string): Promise<EventDetail>
  /** Sends an event once more under its old id. Raises DELIVERY_UNKNOWN or EVENT_UNKNOWN. */
  resend(delivery: string, id: string): Promise<EventDetail>
  /** Lets a delivery go on that its receiver had ended with a 410. Raises DELIVERY_UNKNOWN. */
  enable(delivery: string): Promise<{ readonly delivery: string }>
  /** Proves one model now and resolves with the outcome. Raises STREAM_UNKNOWN. */
  prove(model: string): Promise<ProofState>
  /** Compares a stream with what its source holds. Raises STREAM_UNKNOWN or PROOF_COPY_UNSUPPORTED. */
  proveStream(stream: string): Promise<CopyProofState>
  /** Reads the rows of a stream's table anew, all or those for which a condition is true. Raises BACKFILL_REFUSED or BACKFILL_CONDITION. */
  backfill(stream: string, where: string | null): Promise<BackfillState>
  backfillState(stream: string): BackfillState
  parked(request: ParkedRequest): Promise<ParkedPage>
  /** Has a source look for what is new before its next poll. Raises SOURCE_NOT_NOTIFIED or HTTP_REQUEST_INVALID. */
  notify(source: string, notice: Readonly<Record<string, unknown>>): NoticeTaken
  parkedRecord(id: string): Promise<ParkedDetail>
  /** Gives a parked record another row. */
  fixParked(id: string, row: Row): Promise<ParkedDetail>
  replayParked(id: string): Promise<ParkedReplayed>
  dropParked(id: string): Promise<ParkedDetail>
  /** Takes a parked table as it is now: its rows are read anew. Raises CAPTURE_TABLE_NOT_PARKED. */
  acceptTable(stream: string): Promise<ParkedTableState>
}

export interface NoticeTaken {
  readonly source: string
  /** Objects of the notice that are at the source's place. One that says nothing makes it look at all of them. */
  readonly objects: number
}

export interface Overview {
  readonly project: string
  readonly version: string
  readonly nowMs: number
  readonly startedMs: number
  /** The newest cut of the log. */
  readonly cut: number
  /** "Can I trust the data now?" */
  readonly answer: Answer
  /** One per model. */
  readonly proofs: readonly ProofState[]
  /** One per stream whose source can be asked. */
  readonly copies: readonly CopyProofState[]
}

export type ProofVerdict = 'equal' | 'different' | 'running' | 'never'

/** The last comparison of a live model with the batch engine (law 3). */
export interface ProofState {
  readonly model: string
  readonly verdict: ProofVerdict
  /** When the last finished proof ended; null before the first. */
  readonly atMs: number | null
  /** The cut at which both sides were compared. */
  readonly cut: number | null
  /** Rows compared. */
  readonly rows: number | null
  /** Rows that differ, are missing or are too many. */
  readonly differentRows: number | null
  readonly tookMs: number | null
  /** Where the sides differ, what of the answer may depend on how rows tie: `LIMIT of top_scores`. */
  readonly ties: readonly string[]
}

/** The last comparison of a stream with what its source held at one position. */
export interface CopyProofState {
  readonly stream: string
  readonly verdict: ProofVerdict
  readonly atMs: number | null
  /** The position, in the source's own words. */
  readonly place: string | null
  readonly rows: number | null
  readonly differentRows: number | null
  readonly tookMs: number | null
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export interface GraphNode extends Report {
  /** `kind:name` */
  readonly id: string
  /** For people, under the name: `Postgres`, `webhook to api.example.com`; never a secret. */
  readonly label: string
  /** Whether `/api/models/NAME` tells what it is made of: what came late is drawn as a model, and has no SQL. */
  readonly hasSql: boolean
  /** Only for a model. */
  readonly proof: ProofState | null
  /** Only for a stream whose source can be asked. */
  readonly copy: CopyProofState | null
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
}

export type Row = Readonly<Record<string, JsonValue>>

export interface ChangeRecord {
  /** The stream's or the model's name. */
  readonly stream: string
  readonly partition: number
  readonly position: number
  readonly cut: number
  readonly operation: OperationName
  /** The source's position, or for a model the cut of its inputs. */
  readonly transaction: number
  /** When the source committed it. */
  readonly committedMs: number
  /** When it became durable here; null if unknown. */
  readonly loggedMs: number | null
  /** Names of the columns that identify the row. */
  readonly key: readonly string[]
  /** Columns that the source did not tell are left out. */
  readonly before: Row | null
  readonly after: Row | null
}

export interface LatestRequest {
  readonly afterCut: number
  readonly limit: number
}

export interface Latest {
  /** Pass it as the next `afterCut`. */
  readonly cut: number
  readonly changes: readonly ChangeRecord[]
}

export interface ChangesRequest {
  readonly stream: string
  readonly partition: number
  /** Only later positions; null: the newest ones. */
  readonly after: number | null
  readonly limit: number
}

export interface ChangesPage {
  readonly stream: string
  readonly partition: number
  /** The oldest position still kept, and the position that the next change will have. */
  readonly first: number
  readonly next: number
  /** In order of position. */
  readonly changes: readonly ChangeRecord[]
}

export interface ModelDetail {
  readonly name: string
  /** `models/order_totals.sql`, from the project's folder. */
  readonly file: string
  readonly sql: string
  readonly columns: readonly ModelColumn[]
  readonly key: readonly string[]
  readonly inputs: readonly ModelInput[]
  /** The cut of its inputs that its output reflects; null before the first. */
  readonly asOf: number | null
  /** Rows that its operators keep; null if unknown. */
  readonly stateRows: number | null
  /** Rows of its output; null if unknown. */
  readonly rows: number | null
  /** Who follows it now, over the API. */
  readonly subscribers: number
  readonly proof: ProofState
  /** Null while it is fresh; else one sentence that names the input or stage it waits for. */
  readonly whyStale: string | null
}

export interface ModelColumn {
  readonly name: string
  /** As SQL writes it: `DECIMAL(12,2)`. */
  readonly type: string
  readonly nullable: boolean
}

export interface ModelInput {
  readonly name: string
  readonly kind: 'stream' | 'model'
}

export type EventStatus = 'waiting' | 'sending' | 'delivered' | 'retrying' | 'parked'

export interface EventsRequest {
  readonly delivery: string
  readonly status: EventStatus | null
  /** The `cursor` of the page before; null: the newest. */
  readonly cursor: string | null
  readonly limit: number
}

export interface EventsPage {
  readonly delivery: string
  /** How many there are in each status now. */
  readonly counts: Readonly<Partial<Record<EventStatus, number>>>
  readonly events: readonly EventSummary[]
  /** Null where there are no more. */
  readonly cursor: string | null
}

export interface EventSummary {
  /** The identity that no retry changes (law 5): the receiver's `webhook-id`. */
  readonly id: string
  readonly status: EventStatus
  /** The key of the row as text: `order_id=17`. */
  readonly key: string
  readonly operation: OperationName
  readonly attempts: number
  /** The last answer: an HTTP status; null before the first or where there was none. */
  readonly answer: number | null
  readonly createdMs: number
  /** When the next attempt is due; null where none is. */
  readonly dueMs: number | null
}

export interface EventDetail extends EventSummary {
  readonly delivery: string
  readonly change: ChangeRecord | null
  readonly attemptsMade: readonly Attempt[]
  readonly trace: Trace
}

export interface Attempt {
  readonly number: number
  readonly startedMs: number
  readonly tookMs: number
  /** The HTTP status; null where no answer came. */
  readonly answer: number | null
  /** Why it failed: `DELIVERY_TIMEOUT: …`; null where it succeeded. */
  readonly error: string | null
}

/** When one change reached each step of its way; null where it has not, or is not known. */
export interface Trace {
  /** The source committed it. */
  readonly committedMs: number | null
  /** It was durable in the log. */
  readonly loggedMs: number | null
  /** The model's output with it was committed; null for a delivery from a table's stream. */
  readonly liveMs: number | null
  /** The request of the attempt that succeeded (else of the last) left. */
  readonly sentMs: number | null
  /** Its answer came. */
  readonly answeredMs: number | null
}

/** One message of `/api/feed`, once a second. `changes` are those since the message before. */
export interface Snapshot {
  readonly overview: Overview
  readonly graph: Graph
  readonly latest: Latest
}

/** The body of every answer that is not a success: `MillraceError.toJSON`. */
export interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly retry: 'backoff' | 'after-fix' | 'never'
}

export type ParkedStatus = 'parked' | 'replayed' | 'dropped'

export interface ParkedRequest {
  readonly source: string | null
  readonly stream: string | null
  readonly status: ParkedStatus
  /** The id of the last record of the page before; null: the first. */
  readonly after: string | null
  readonly limit: number
}

export interface ParkedPage {
  /** How much is parked now, per stream and reason. */
  readonly counts: readonly ParkedCount[]
  /** Tables that are set aside as a whole, until their new shape is accepted. */
  readonly tables: readonly ParkedTableState[]
  readonly records: readonly ParkedSummary[]
  /** Null where there are no more. */
  readonly cursor: string | null
}

export interface ParkedTableState {
  readonly source: string
  readonly stream: string
  /** Why, in words. */
  readonly what: string
  readonly sinceMs: number
  /** Accepted; its rows are about to be read anew. */
  readonly accepted: boolean
}

export interface ParkedCount {
  readonly source: string
  readonly stream: string
  readonly code: string
  readonly count: number
  readonly oldestMs: number
}

/** A change that its source could not take (law 9). */
export interface ParkedSummary {
  readonly id: string
  readonly source: string
  readonly stream: string
  readonly operation: OperationName
  readonly key: string | null
  /** Where the source has it, in its own words. */
  readonly place: string
  readonly code: string
  readonly reason: string
  readonly status: ParkedStatus
  readonly parkedMs: number
  readonly settledMs: number | null
}

export interface ParkedDetail extends ParkedSummary {
  /** The row as far as it could be read, or as it was mended. */
  readonly row: Row | null
  readonly before: Row | null
  /** Exactly what came: as text where it is text, else in hex. */
  readonly raw: string
}

/** What was replayed, and how much of the same key still waits. */
export interface ParkedReplayed {
  readonly replayed: readonly string[]
  readonly waiting: number
}
