/**
 * The source of kind `agent`: declares its streams' schemas, takes batches into the log and tells schemas to
 * those who may see them. What speaks HTTP is given to it and calls it: the door has no rules of its own.
 */
import { type Clock, MillraceError, type Random } from '@millrace/base'
import type { AgentSource, LogReader, LogWriter, Stage, StageObservation, StreamDefinition } from '@millrace/core'
import { type SchemaDocument, SchemaDesk, SchemaRegistry } from '@millrace/schema'
import type { Parking } from '../parking/parking.ts'
import { CREATE_AGENTS } from './agent-table.ts'
import { declaredStreams, type DeclaredStream } from './declared-stream.ts'
import type { Group } from './group.ts'
import { type AgentBatch, Intake } from './intake.ts'
import { TeamTokens } from './team-tokens.ts'
import { runSessions, type SessionRecord } from '../run-sessions.ts'

/** A schema as it is sent: always the same bytes under the same id. */
export interface SchemaPage {
  readonly id: string
  readonly body: Buffer
}

export interface BatchAccepted {
  readonly accepted: number
  readonly repeated: number
  readonly parked: number
  /** By the streams that the batch names, as far as they are the team's: the ids of their schemas. */
  readonly schemas: Readonly<Record<string, string>>
}

/** What the door may ask. */
export interface AgentIntake {
  /** Null for a token that nobody has. */
  teamOf(token: string): Promise<string | null>
  take(batch: AgentBatch): Promise<BatchAccepted>
  /** Null where the team has no such stream. Raises AGENT_SCHEMAS_BUSY. */
  schemaOf(team: string, stream: string): Promise<SchemaPage | null>
  /** Null where the team has none of that id. */
  schemaById(team: string, id: string): Promise<SchemaPage | null>
}

export interface AgentListener {
  close(): Promise<void>
  evidence(): Readonly<Record<string, string | number>>
}

export interface AgentCaptureOptions {
  readonly name: string
  readonly config: AgentSource
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly parking: Parking
  readonly partitionsOf: (stream: string) => number
  /** Opens the door: it calls the intake until it is closed. */
  readonly listen: (intake: AgentIntake) => Promise<AgentListener>
}

interface Page extends SchemaPage {
  readonly document: SchemaDocument
}

const RESOLVED_AFTER_MS = 30_000

export class AgentCapture implements Stage {
  readonly name: string
  readonly #options: AgentCaptureOptions
  readonly #declared: readonly DeclaredStream[]
  readonly #registry: SchemaRegistry
  readonly #desk: SchemaDesk<Page>
  readonly #ids = new Map<string, string>()
  #listener: AgentListener | null = null
  readonly #record: SessionRecord = { phase: 'starting', error: null }
  #errorMs = 0
  readonly #counts = { changes: 0, batches: 0, repeated: 0, parked: 0, commits: 0, dropped: 0 }
  #lastChangeMs: number | null = null
  #lastContactMs: number | null = null

  constructor(options: AgentCaptureOptions) {
    this.name = options.name
    this.#options = options
    this.#declared = declaredStreams(options)
    this.#registry = new SchemaRegistry(options.reader)
    this.#desk = new SchemaDesk({ read: (id) => this.#readPage(id) })
  }

  /** Begins again after whatever may pass by itself; rejects for what needs a person. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    const session = (until: AbortSignal): Promise<void> => this.#serve(until)
    const onFailure = (): void => void (this.#errorMs = clock.nowMs())
    await runSessions({ clock, random, record: this.#record, session, wasWell: () => this.#record.phase === 'running', onFailure }, signal)
  }

  observe(): readonly StageObservation[] {
    const { clock } = this.#options
    const record = this.#record
    if (record.phase === 'running' && record.error !== null && clock.nowMs() - this.#errorMs > RESOLVED_AFTER_MS) record.error = null
    const schemas = [...this.#desk.counts()].map(([id, { asked, read }]) => `${id}: asked for ${asked}, read ${read}`)
    return [
      {
        kind: 'source',
        name: this.name,
        phase: record.phase,
        changes: this.#counts.changes,
        lastChangeMs: this.#lastChangeMs,
        lastContactMs: this.#lastContactMs,
        lagMs: null,
        backlog: null,
        error: record.error,
        evidence: { ...this.#counts, schemasTurnedAway: this.#desk.turnedAway, schemas: schemas.join('; '), ...this.#listener?.evidence() },
      },
    ]
  }

  async #serve(signal: AbortSignal): Promise<void> {
    const { config, clock, reader, parking } = this.#options
    const tokens = new TeamTokens(config, { clock, onProblem: (error) => this.#fail(error) })
    await tokens.open()
    await this.#declare()
    parking.load()
    const intake = new Intake({
      ...this.#options,
      reader,
      source: this.name,
      declared: this.#declared,
      onCommitted: (group) => this.#onCommitted(group),
      onFailure: (error) => this.#onFailure(error),
    })
    const listener = await this.#options.listen(this.#intakeOf(tokens, intake))
    this.#listener = listener
    this.#record.phase = 'running'
    try {
      await aborted(signal)
    } finally {
      this.#listener = null
      await listener.close()
      await intake.close()
    }
  }

  /** Every version is in the registry before an event can be read by it (law 4). */
  async #declare(): Promise<void> {
    const { writer, clock, partitionsOf } = this.#options
    const declarations = this.#declared.map(({ stream, schema }) => this.#registry.declare({ stream, schema, nowMs: clock.nowMs() }))
    const streams = this.#declared.map(({ stream, schema }): StreamDefinition => ({
      name: stream,
      kind: 'table',
      schema,
      partitions: partitionsOf(stream),
    }))
    await writer.commit({ streams, control: [...CREATE_AGENTS, ...declarations.flatMap(({ control }) => control)] })
    for (const [at, { stream }] of this.#declared.entries()) this.#ids.set(stream, declarations[at]?.document.id ?? '')
  }

  #intakeOf(tokens: TeamTokens, intake: Intake): AgentIntake {
    return {
      teamOf: async (token) => {
        const team = await tokens.teamOf(token)
        if (team !== null) this.#lastContactMs = this.#options.clock.nowMs()
        return team
      },
      take: async (batch) => {
        const { streams, ...taken } = await intake.take(batch)
        this.#counts.batches += 1
        this.#counts.repeated += taken.repeated
        this.#counts.parked += taken.parked
        return { ...taken, schemas: this.#idsFor(batch.team, streams) }
      },
      schemaOf: async (team, name) => {
        const id = this.#idsFor(team, [name])[name]
        return id === undefined ? null : this.#desk.page(id)
      },
      schemaById: async (team, id) => {
        const page = await this.#desk.page(id)
        const isTheirs = this.#declared.some((declared) => declared.team === team && declared.stream === page?.document.stream)
        return isTheirs ? page : null
      },
    }
  }

  #idsFor(team: string, names: readonly string[]): Record<string, string> {
    const found = this.#declared.filter((declared) => declared.team === team && names.includes(declared.name))
    return Object.fromEntries(found.map(({ name, stream }) => [name, this.#ids.get(stream) ?? '']))
  }

  /** Agents know a stream by its own name, without the source's. */
  async #readPage(id: string): Promise<Page | null> {
    const document = this.#registry.byId(id)
    if (document === null) return null
    const name = document.stream.slice(this.name.length + 1)
    return { id, document, body: Buffer.from(JSON.stringify({ ...document, stream: name })) }
  }

  #onCommitted(group: Group): void {
    this.#counts.commits += 1
    this.#counts.changes += group.events
    this.#counts.dropped += group.dropped
    if (group.events > 0) this.#lastChangeMs = this.#options.clock.nowMs()
  }

  #onFailure(error: unknown): void {
    if (error instanceof MillraceError && error.code !== 'AGENT_BATCH_UNREADABLE') this.#fail(error)
  }

  #fail(error: MillraceError): void {
    this.#record.error = error
    this.#errorMs = this.#options.clock.nowMs()
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
