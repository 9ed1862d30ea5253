/**
 * Samples every stage once a second and keeps a verdict with its evidence for each (law 6). Holds two
 * minutes of history per subject and nothing else; a subject that is no longer observed is forgotten.
 */
import { type Clock, systemClock, unreachable } from '@millrace/base'
import type { StageObservation } from '@millrace/core'
import { type Edge, idOf, withBlame } from './blame.ts'
import type { Facts, Opinion } from './facts.ts'
import { judgeSource } from './judge-source.ts'
import { judgeStream, type StreamObservation } from './judge-stream.ts'
import { judgeDelivery, judgeModel } from './judge-work.ts'
import { WATCH_LIMITS, type WatchLimits } from './limits.ts'
import type { Report } from './report.ts'
import { heartbeatOf, isCaughtUp } from './source-evidence.ts'
import { asleepMs, type Moment, Subject } from './subject.ts'

export interface Sample {
  readonly observations: readonly StageObservation[]
  readonly streams: readonly StreamObservation[]
  /** The thread: `source:shop` → `stream:shop.orders` → `model:order_totals` → `delivery:crm`. */
  readonly edges: readonly Edge[]
}

export interface WatchOptions {
  readonly clock?: Clock
  readonly limits?: Partial<WatchLimits>
}

const SAMPLE_INTERVAL_MS = 1000

export class Watch {
  readonly #clock: Clock
  readonly #limits: WatchLimits
  readonly #subjects = new Map<string, Subject>()
  #last: Moment | null = null
  #wokeAt = -Infinity
  #asleepMs = 0
  #reports: readonly Report[] = []

  constructor(options: WatchOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#limits = { ...WATCH_LIMITS, ...options.limits }
  }

  /** One report per subject, in the order of the last sample: sources, models and deliveries, then streams. */
  reports(): readonly Report[] {
    return this.#reports
  }

  /** Samples once a second until the signal aborts. `read` must be cheap and must not throw. */
  async run(read: () => Sample, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.sample(read())
      await this.#clock.sleep(SAMPLE_INTERVAL_MS, signal).catch(() => undefined)
    }
  }

  sample(sample: Sample): void {
    const now: Moment = { wallMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() }
    this.#noteSleep(now)
    const reports = new Map<string, Report>()
    for (const observation of sample.observations) reports.set(idOf(observation), this.#stage(now, observation))
    const writers = new Map(sample.edges.map((edge) => [edge.to, edge.from]))
    for (const stream of sample.streams) {
      const id = idOf({ kind: 'stream', name: stream.name })
      reports.set(id, this.#stream(now, stream, reports.get(writers.get(id) ?? '')))
    }
    for (const id of this.#subjects.keys()) if (!reports.has(id)) this.#subjects.delete(id)
    this.#reports = withBlame(reports, sample.edges).map((report) => ({
      ...report,
      sinceMs: this.#subject(idOf(report), now).since(now, report.verdict),
    }))
    this.#last = now
  }

  #noteSleep(now: Moment): void {
    const slept = this.#last === null ? 0 : asleepMs(this.#last, now, this.#limits)
    if (slept > 0) {
      this.#wokeAt = now.monotonicMs
      this.#asleepMs = slept
    }
  }

  #stage(now: Moment, observation: StageObservation): Report {
    const subject = this.#subject(idOf(observation), now)
    subject.note(now, { ...observation, heartbeatMs: heartbeatOf(observation), caughtUp: isCaughtUp(observation) })
    const facts = this.#facts(now, subject, observation)
    return {
      ...judge(facts),
      kind: observation.kind,
      name: observation.name,
      blame: null,
      sinceMs: now.wallMs,
      phase: observation.phase,
      changes: observation.changes,
      rate: subject.history.rate(),
      lag: subject.history.lag(),
      backlog: observation.backlog,
      lastChangeMs: observation.lastChangeMs,
      lastContactMs: observation.lastContactMs,
      spark: subject.history.spark(),
      evidence: observation.evidence,
      error:
        observation.error === null
          ? null
          : { code: observation.error.code, message: observation.error.message, hint: observation.error.hint },
    }
  }

  #stream(now: Moment, stream: StreamObservation, source: Report | undefined): Report {
    const subject = this.#subject(idOf({ kind: 'stream', name: stream.name }), now)
    subject.note(now, { ...stream, lastContactMs: null, phase: 'running', lagMs: null, heartbeatMs: null, caughtUp: true })
    return {
      ...judgeStream(subject.passing(now, this.#wokeAt, this.#limits), subject.idleMs(now, this.#wokeAt), source),
      kind: 'stream',
      name: stream.name,
      blame: null,
      sinceMs: now.wallMs,
      phase: 'running',
      changes: stream.changes,
      rate: subject.history.rate(),
      lag: subject.history.lag(),
      backlog: null,
      lastChangeMs: stream.lastChangeMs,
      lastContactMs: source?.lastContactMs ?? null,
      spark: subject.history.spark(),
      evidence: {},
      error: null,
    }
  }

  #facts(now: Moment, subject: Subject, observation: StageObservation): Facts {
    const recovering = now.monotonicMs - this.#wokeAt <= this.#limits.recoveryMsLimit && !subject.heardSince(this.#wokeAt)
    return {
      observation,
      silentMs: subject.silentMs(now, this.#wokeAt),
      heartbeatMs: subject.heartbeatMs(now, this.#wokeAt),
      passing: subject.passing(now, this.#wokeAt, this.#limits),
      idleMs: subject.idleMs(now, this.#wokeAt),
      phaseMs: subject.phaseMs(now, this.#wokeAt),
      lagMs: subject.lagMs(observation.lagMs),
      asleepMs: recovering ? this.#asleepMs : null,
      limits: this.#limits,
    }
  }

  #subject(id: string, now: Moment): Subject {
    const known = this.#subjects.get(id)
    if (known !== undefined) return known
    const subject = new Subject(now)
    this.#subjects.set(id, subject)
    return subject
  }
}

function judge(facts: Facts): Opinion {
  const { kind } = facts.observation
  switch (kind) {
    case 'source':
      return judgeSource(facts)
    case 'model':
      return judgeModel(facts)
    case 'delivery':
      return judgeDelivery(facts)
    default:
      return unreachable(kind, 'a stage is a source, a model or a delivery')
  }
}
