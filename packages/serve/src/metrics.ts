import { type Report, VERDICTS } from '@millrace/watch'
import type { ServeApi } from './api.ts'
import type { Reading } from './reading/reading.ts'

interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly values: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

/** The figures behind the verdicts in the text format that Prometheus reads. */
export function metricsText(api: ServeApi, reading: Reading | null): string {
  const { cut, proofs, copies } = api.overview()
  const { nodes } = api.graph()
  return [
    { name: 'millrace_cut', type: 'gauge', help: 'The newest cut of the log.', values: [{ labels: {}, value: cut }] },
    perNode('millrace_changes_total', 'counter', 'Changes since the process started.', nodes, (node) => node.changes),
    perNode('millrace_changes_per_second', 'gauge', 'Changes a second over the last 10 seconds.', nodes, (node) => node.rate.perSecond10),
    perNode('millrace_lag_seconds', 'gauge', 'From the commit in the source to the passage here.', nodes, ({ lag }) =>
      lag.nowMs === null ? null : lag.nowMs / 1000,
    ),
    perNode('millrace_backlog', 'gauge', 'Changes that wait in front of it.', nodes, (node) => node.backlog),
    perNode('millrace_parked', 'gauge', 'Changes set aside, at a source or a delivery.', nodes, ({ evidence }) =>
      typeof evidence['parked'] === 'number' ? evidence['parked'] : null,
    ),
    verdicts(nodes),
    {
      name: 'millrace_subscribers',
      type: 'gauge',
      help: 'Open subscriptions of a live model.',
      values: (reading?.models ?? []).map((model) => ({ labels: { model }, value: reading?.subscribersOf(model) ?? 0 })),
    },
    {
      name: 'millrace_proof_equal',
      type: 'gauge',
      help: '1 where the last proof found the live model equal to batch, 0 where it found a difference.',
      values: proofs
        .filter((proof) => proof.atMs !== null)
        .map(({ model, verdict }) => ({ labels: { model }, value: verdict === 'different' ? 0 : 1 })),
    },
    {
      name: 'millrace_copy_equal',
      type: 'gauge',
      help: '1 where the last proof found the stream equal to what its source held, 0 where it found a difference.',
      values: copies
        .filter((copy) => copy.atMs !== null)
        .map(({ stream, verdict }) => ({ labels: { stream }, value: verdict === 'different' ? 0 : 1 })),
    },
  ]
    .map((metric) => metricLines(metric as Metric))
    .join('')
}

function perNode(
  name: string,
  type: Metric['type'],
  help: string,
  nodes: readonly Report[],
  valueOf: (node: Report) => number | null,
): Metric {
  const values = nodes.flatMap((node) => {
    const value = valueOf(node)
    return value === null ? [] : [{ labels: { kind: node.kind, name: node.name }, value }]
  })
  return { name, type, help, values }
}

function verdicts(nodes: readonly Report[]): Metric {
  return {
    name: 'millrace_verdict',
    type: 'gauge',
    help: '1 for the verdict that holds now, 0 for the others.',
    values: nodes.flatMap(({ kind, name, verdict: now }) =>
      VERDICTS.map((verdict) => ({ labels: { kind, name, verdict }, value: verdict === now ? 1 : 0 })),
    ),
  }
}

function metricLines({ name, type, help, values }: Metric): string {
  const lines = values.map(({ labels, value }) => `${name}${labelText(labels)} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
