import { type Command, defineCommand } from '@millrace/testing'

export const tpchLive: Command = defineCommand({
  name: 'tpch-live',
  summary: `the 22 queries of TPC-H, live under its refresh streams: how long a refresh takes from its commit to the
published rows, beside computing the query anew in DuckDB on one thread; the rows compared after each`,
  options: {
    scale: { default: 0.01, quick: 0.001, help: 'the scale factor: 1 is six million lines' },
    rounds: { default: 5, quick: 1, help: 'pairs of refreshes, one that inserts and one that deletes; the medians are told' },
    only: { default: '', help: 'queries, with commas between: 1,21' },
    seed: { default: 1, help: 'the seed of the rows' },
  },
  async run(values, note) {
    const { tpchBench, tpchText } = await import('./tpch-bench.ts')
    const outcome = await tpchBench({ ...values, note })
    return { outcome, ok: outcome.wrong.length === 0, text: tpchText(outcome) }
  },
})
