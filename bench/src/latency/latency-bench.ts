import { NODE_FLAGS } from 'millrace/node-flags'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from '../run-child.ts'

const PROCESS = fileURLToPath(new URL('./latency-process.ts', import.meta.url))

export interface LatencyOptions {
  readonly rate: number
  readonly seconds: number
  readonly orders: number
  readonly every: number
  readonly seed: number
  readonly note: (line: string) => void
}

export interface LatencyOrder extends Omit<LatencyOptions, 'note'> {
  readonly storePath: string
}

export interface LatencyFigures {
  readonly changes: number
  /** What was really reached of the rate. */
  readonly perSecond: number
  readonly commits: number
  /** Of each change, from the commit that holds it to the commit that publishes what it does; in whole milliseconds. */
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly steps: number
  /** Changes of the model. */
  readonly published: number
  /** How long after the last change the model was up to date. */
  readonly behindMs: number
  /** Cores that the process kept busy. */
  readonly cores: number
  readonly proof: 'equal' | 'different'
}

export interface LatencyOutcome extends LatencyFigures {
  readonly rate: number
}

export async function latencyBench({ note, ...order }: LatencyOptions): Promise<LatencyOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-latency-'))
  try {
    note(`${order.rate} changes a second for ${order.seconds} s`)
    const figures = await runChild<LatencyFigures>({
      file: PROCESS,
      flags: NODE_FLAGS,
      order: { ...order, storePath: join(folder, 'store.db') },
    })
    return { rate: order.rate, ...figures }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function latencyText(outcome: LatencyOutcome): string {
  const { perSecond, p50Ms, p90Ms, p99Ms, maxMs, steps, published, cores, behindMs, proof } = outcome
  return [
    `${Math.round(perSecond).toLocaleString('en-US')} changes/s of ${outcome.rate.toLocaleString('en-US')}, ${steps} steps, ${published.toLocaleString('en-US')} changes published, ${cores.toFixed(2)} cores`,
    `from the log to published: ${p50Ms} ms p50, ${p90Ms} ms p90, ${p99Ms} ms p99, ${maxMs} ms at most; up to date ${behindMs.toFixed(0)} ms after the last`,
    `proof: ${proof}`,
  ].join('\n')
}
