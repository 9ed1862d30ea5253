import { javaVersion } from '../../jvm/maven-project.ts'
import { type FlinkFigures, type FlinkSpeed, onCoresOf, speedOf } from './flink-figures.ts'
import type { FlinkPeer } from './flink-peer.ts'

export interface FlinkOutcome {
  readonly peer: string
  /** Its source by itself: every column of every bid, straight to the sink. */
  readonly source: FlinkSpeed
  /** Queries whose result is not DuckDB's, and those that Flink cannot run, with its reason. */
  readonly differs: readonly string[]
  readonly refused: readonly string[]
  /** Queries on which ours is less than three times as fast, and less than once. */
  readonly engineBelowThrice: readonly string[]
  readonly engineBelowOnce: readonly string[]
  readonly operatorsBelowThrice: readonly string[]
  readonly operatorsBelowOnce: readonly string[]
}

export interface FlinkRun {
  readonly file: string
  readonly events: number
  readonly rounds: number
  readonly warmUp: number
  readonly queries: readonly { readonly query: string; readonly flink?: readonly FlinkFigures[] }[]
}

export async function flinkOutcome(peer: FlinkPeer, { file, events, rounds, warmUp, queries }: FlinkRun): Promise<FlinkOutcome> {
  const source = await peer.measure({ query: 'source', file, parallelism: 1, warmUpSeconds: warmUp, rounds, before: onCoresOf(1) })
  if ('refused' in source) throw new Error(`Flink cannot read its source: ${source.refused}`)
  const all = queries.flatMap(({ query, flink = [] }) => flink.map((figures) => ({ query, ...figures })))
  const below = (mode: 'engine' | 'operators', times: number): readonly string[] =>
    all.filter(({ ours }) => (ours?.[mode] ?? Infinity) < times).map(({ query }) => query)
  return {
    peer: `Flink SQL ${peer.version}, ${await javaVersion()}`,
    source: speedOf(source, events),
    differs: all.filter(({ sameAsDuckdb }) => sameAsDuckdb === false).map(({ query, workers }) => `${query} on ${workers}`),
    refused: all.flatMap(({ query, refused }) => (refused === undefined ? [] : [`${query}: ${refused}`])),
    engineBelowThrice: below('engine', 3),
    engineBelowOnce: below('engine', 1),
    operatorsBelowThrice: below('operators', 3),
    operatorsBelowOnce: below('operators', 1),
  }
}
