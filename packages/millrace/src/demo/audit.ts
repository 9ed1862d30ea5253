/**
 * The count at the end, by means of its own: every change's identity in the log, what the workload says
 * it committed, what the receiver saw, and one proof at the last cut.
 */
import type { Clock } from '@millrace/base'
import { changesWritten, type LogReader } from '@millrace/core'
import type { Engine } from '../engine/engine.ts'
import type { DemoStage } from './stage.ts'

export interface Audit {
  /** Changes in the log, the snapshot's rows included. */
  readonly captured: number
  /** Events that the receiver verified, each counted once. */
  readonly delivered: number
  /** Changes missing in the log, and events missing at the receiver. */
  readonly lost: number
  /** Identities that stand in the log twice, and changes that nobody made. */
  readonly duplicated: number
  readonly proof: 'equal' | 'different'
  /** Sends of an event that the receiver had already seen: allowed, and recognised by their id. */
  readonly resent: number
  readonly signaturesRefused: number
  readonly outOfOrder: number
}

export interface AuditOptions {
  readonly engine: Engine
  readonly stage: DemoStage
  readonly expected: number
}

export async function auditThread({ engine, stage, expected }: AuditOptions): Promise<Audit> {
  const { total, distinct } = countIdentities(engine.reader)
  const published = deliveredStreams(engine).reduce((sum, name) => sum + changesWritten(engine.reader, name), 0)
  const { first: distinctIds, resent, rejected, orderViolations } = stage.receiver.stats()
  const proofs = []
  for (const { model } of engine.proofs.states()) proofs.push(await engine.proofs.prove(model))
  return {
    captured: distinct,
    delivered: distinctIds,
    lost: Math.max(0, expected - distinct) + Math.max(0, published - distinctIds),
    duplicated: total - distinct + Math.max(0, distinct - expected) + Math.max(0, distinctIds - published),
    proof: proofs.every((proof) => proof.verdict === 'equal') ? 'equal' : 'different',
    resent,
    signaturesRefused: rejected,
    outOfOrder: orderViolations,
  }
}

/** Waits until every expected change is logged, calculated and delivered, or the signal aborts. */
export async function waitForAll({ engine, expected, clock, signal }: AuditOptions & { clock: Clock; signal: AbortSignal }): Promise<void> {
  const logged = (): number =>
    engine.reader
      .streams()
      .filter((stream) => stream.kind === 'table')
      .reduce((sum, stream) => sum + changesWritten(engine.reader, stream.name), 0)
  const done = (): boolean =>
    logged() >= expected &&
    engine.thread.observations().every(({ kind, backlog, phase }) => kind === 'source' || (backlog === 0 && phase === 'running'))
  while (!signal.aborted && !done()) await clock.sleep(50, signal).catch(() => undefined)
}

function deliveredStreams(engine: Engine): string[] {
  return engine.thread.edges.filter((edge) => edge.to.startsWith('delivery:')).map((edge) => edge.from.slice(edge.from.indexOf(':') + 1))
}

/** Every change of every table has one identity: (source, transaction, index), law 5. */
function countIdentities(reader: LogReader): { total: number; distinct: number } {
  let total = 0
  const identities = new Set<string>()
  for (const { name, kind } of reader.streams()) {
    if (kind !== 'table') continue
    const source = name.slice(0, name.indexOf('.'))
    for (const stored of reader.read(name)) {
      const { transactions, indexes, count } = stored.batch()
      total += count
      for (let row = 0; row < count; row += 1) identities.add(`${source}/${transactions[row]}/${indexes[row]}`)
    }
  }
  return { total, distinct: identities.size }
}
