/**
 * Takes agents' batches into the log, exactly once.
 *
 * Laws. A batch is answered only after the commit that holds its events, and the same commit says how far its
 * agent is (laws 1 and 2): a batch that comes again, in whole or in part, is recognised by its events' numbers,
 * whatever happened in between. Batches that arrive while a commit is under way share the next one. After a
 * failure nothing of what was taken in memory is believed: it is read again from the log.
 */
import { type Clock, reach } from '@millrace/base'
import type { LogReader, LogWriter } from '@millrace/core'
import type { ParkedRow } from '../parking/parked-record.ts'
import type { Parking } from '../parking/parking.ts'
import { type AgentMemory, forgetAgents, readAgent, rememberAgent } from './agent-table.ts'
import { type BodyEvent, readBody } from './batch-body.ts'
import type { DeclaredStream } from './declared-stream.ts'
import { EventReader, readRow } from './event-reader.ts'
import { Group } from './group.ts'
import { keyTextOf, partitionFor } from './row-place.ts'

export interface AgentBatch {
  readonly team: string
  /** Names the numbering of the events. */
  readonly instance: string
  /** What the agent says that it has dropped, ever. */
  readonly dropped: number
  readonly text: string
}

export interface TakenBatch {
  /** Events that are new. */
  readonly accepted: number
  /** Events that were here already. */
  readonly repeated: number
  /** Of the new ones, those that were set aside. */
  readonly parked: number
  /** The streams that it names, as the agent calls them. */
  readonly streams: readonly string[]
}

export interface IntakeOptions {
  readonly source: string
  readonly declared: readonly DeclaredStream[]
  readonly reader: LogReader
  readonly writer: LogWriter
  readonly parking: Parking
  readonly clock: Clock
  readonly partitionsOf: (stream: string) => number
  readonly onCommitted: (group: Group) => void
  readonly onFailure: (error: unknown) => void
}

interface KnownAgent {
  readonly memory: AgentMemory
  /** The one that made it so; null where it is as the log has it. */
  readonly group: Group | null
}

interface Target {
  readonly declared: DeclaredStream
  readonly reader: EventReader
}

/** Agents that are remembered beside the log; the least recently heard of go first. */
const AGENTS_LIMIT = 50_000
const FORGET_EVERY_MS = 3_600_000
/** An agent's clock may be wrong; a time further in the future than this is replaced by the arrival's. */
const FUTURE_MS_MAX = 86_400_000
/** Where the log cannot even be read. */
const RESTART_PAUSE_MS = 200

export class Intake {
  readonly #options: IntakeOptions
  readonly #targets: ReadonlyMap<string, Target>
  readonly #agents = new Map<string, KnownAgent>()
  #group: Group
  #committing: Promise<void> | null = null
  /** While it stands, nothing is taken. */
  #restarting: Promise<void> | null = null
  #closed = false
  #forgotMs = 0

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#targets = new Map(options.declared.map((declared) => [declared.name, { declared, reader: new EventReader(declared) }]))
    this.#group = this.#nextGroup(options.reader.progress(options.source)?.transaction ?? 0)
  }

  /** Resolves once it is durable. Raises AGENT_BATCH_UNREADABLE, PARKING_FULL and whatever keeps the log from being written. */
  async take(batch: AgentBatch): Promise<TakenBatch> {
    const events = readBody(batch.text).flatMap((frame) => frame.events)
    while (this.#restarting !== null) await this.#restarting
    const { memory } = this.#agentOf(batch)
    let taken: TakenBatch
    try {
      taken = this.#takeEvents(batch, memory, events)
    } catch (error) {
      // Some of it may be in the group, and nobody can tell what: so nobody is told that any of it was taken.
      this.#startAnew(error)
      throw error
    }
    const { group } = this.#agentOf(batch)
    this.#commit()
    if (group !== null) await group.settled
    return taken
  }

  /** Waits for what was taken. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#committing !== null) await this.#committing
  }

  #takeEvents(batch: AgentBatch, memory: AgentMemory, events: readonly BodyEvent[]): TakenBatch {
    let { next } = memory
    let [accepted, parked] = [0, 0]
    for (const event of events) {
      if (event.number < next) continue
      if (!this.#takeEvent(batch, event)) parked += 1
      next = event.number + 1
      accepted += 1
    }
    const streams = [...new Set(events.map(({ section }) => section.stream))]
    if (accepted > 0 || batch.dropped > memory.dropped) {
      const dropped = Math.max(batch.dropped, memory.dropped)
      this.#group.dropped += dropped - memory.dropped
      this.#remember({ team: batch.team, instance: batch.instance, next, dropped })
    }
    return { accepted, repeated: events.length - accepted, parked, streams }
  }

  /** False where it was set aside. */
  #takeEvent(batch: AgentBatch, event: BodyEvent): boolean {
    const { clock, partitionsOf, parking } = this.#options
    const found = this.#targets.get(event.section.stream)
    const timeMicros = timeOf(event.timeMs, clock.nowMs()) * 1000
    if (found === undefined || found.declared.team !== batch.team) {
      // Another team's stream is not told from one that nobody has; and nothing of it may ever come to that team.
      const name = found === undefined ? event.section.stream : `${batch.team}.${event.section.stream}`
      const what = { stream: `${this.#options.source}.${name}`, partition: 0, key: null, timeMicros }
      this.#park(batch, event, { ...what, reason: `the team ${batch.team} has no stream ${event.section.stream}`, row: null })
      return false
    }
    const { declared, reader } = found
    const read = reader.read(event)
    const key = keyTextOf(declared.schema, read.values)
    const partition = partitionFor(key ?? batch.instance, partitionsOf(declared.stream))
    const what = { stream: declared.stream, partition, key, timeMicros }
    if (!read.fits) {
      this.#park(batch, event, { ...what, reason: read.reason, row: read.row })
      return false
    }
    if (key !== null && !parking.isClear(declared.stream) && parking.holds(declared.stream, key)) {
      this.#parkBehind(batch, event, what)
      return false
    }
    this.#group.add(declared, partition, { values: read.values, timeMicros })
    return true
  }

  #park(batch: AgentBatch, event: BodyEvent, what: Omit<Parked, 'code'>): void {
    this.#setAside(batch, event, { ...what, code: 'AGENT_EVENT_MISFIT' })
  }

  #parkBehind(batch: AgentBatch, event: BodyEvent, what: Omit<Parked, 'code' | 'reason' | 'row'>): void {
    const row = readRow(event)
    this.#setAside(batch, event, { ...what, code: 'PARKED_BEHIND', reason: 'an earlier event of its key was set aside', row })
  }

  #setAside(batch: AgentBatch, event: BodyEvent, { timeMicros, ...what }: Parked): void {
    const group = this.#group
    const statements = this.#options.parking.park({
      ...what,
      source: this.#options.source,
      transaction: group.transaction,
      index: group.nextIndex(),
      time: timeMicros,
      operation: 'insert',
      place: `agent ${batch.instance} of ${batch.team}, event ${event.number}`,
      raw: Buffer.from(event.text),
      before: null,
    })
    group.control.push(...statements)
  }

  #agentOf({ team, instance }: { readonly team: string; readonly instance: string }): KnownAgent {
    const name = `${team} ${instance}`
    const known = this.#agents.get(name) ?? {
      memory: readAgent(this.#options.reader, this.#options.source, { team, instance }),
      group: null,
    }
    this.#agents.delete(name)
    this.#agents.set(name, known)
    return known
  }

  #remember(memory: AgentMemory): void {
    const name = `${memory.team} ${memory.instance}`
    this.#group.agents.set(name, memory)
    this.#agents.set(name, { memory, group: this.#group })
  }

  #commit(): void {
    if (this.#committing !== null || this.#restarting !== null || this.#group.isEmpty) return
    const group = this.#group
    this.#group = this.#nextGroup(group.transaction)
    this.#committing = this.#write(group).then(
      () => {
        this.#committing = null
        group.succeed()
        this.#options.onCommitted(group)
        this.#trim()
        this.#commit()
      },
      (error: unknown) => {
        this.#committing = null
        group.fail(error)
        this.#startAnew(error)
      },
    )
  }

  async #write(group: Group): Promise<void> {
    const { source, writer, clock } = this.#options
    const nowMs = clock.nowMs()
    const control = [...group.control, ...[...group.agents.values()].map((memory) => rememberAgent(source, memory, nowMs))]
    if (nowMs - this.#forgotMs > FORGET_EVERY_MS) {
      this.#forgotMs = nowMs
      control.push(forgetAgents(source, nowMs))
    }
    reach('agent.before-commit')
    await writer.commit({ appends: group.appends(), control, progress: { source, transaction: group.transaction, state: {} } })
    reach('agent.before-answer')
  }

  /** Whoever waits is turned away and comes again. A commit that is still under way ends first: then the log tells all. */
  #startAnew(error: unknown): void {
    this.#options.onFailure(error)
    this.#group.fail(error)
    this.#restarting ??= this.#restart()
  }

  async #restart(): Promise<void> {
    const { reader, parking, source, clock } = this.#options
    await this.#committing
    for (let done = false; !done && !this.#closed;) {
      try {
        parking.load()
        this.#agents.clear()
        this.#group = this.#nextGroup(reader.progress(source)?.transaction ?? 0)
        done = true
      } catch (error) {
        this.#options.onFailure(error)
        await clock.sleep(RESTART_PAUSE_MS)
      }
    }
    this.#restarting = null
  }

  #nextGroup(transaction: number): Group {
    return new Group(transaction + 1)
  }

  /** Only those are let go whom the log knows as they are. */
  #trim(): void {
    for (const [name, { group }] of this.#agents) {
      if (this.#agents.size <= AGENTS_LIMIT || (group !== null && !group.isSettled)) return
      this.#agents.delete(name)
    }
  }
}

interface Parked {
  readonly stream: string
  readonly partition: number
  readonly key: string | null
  readonly timeMicros: number
  readonly code: 'AGENT_EVENT_MISFIT' | 'PARKED_BEHIND'
  readonly reason: string
  readonly row: ParkedRow | null
}

/** Whole milliseconds, in the past or nearly so. */
function timeOf(timeMs: number, nowMs: number): number {
  return timeMs > nowMs + FUTURE_MS_MAX ? Math.floor(nowMs) : timeMs
}
