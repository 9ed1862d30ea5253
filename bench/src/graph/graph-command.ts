import { type Command, defineCommand } from '@millrace/testing'

export const graph: Command = defineCommand({
  name: 'graph',
  summary: `thousands of batch models: seconds to check cold and warm, to plan after one edit, to run all, nothing, one edit
and a new environment, and peak memory; beside the same statements sent straight to DuckDB in a static order, and beside dbt and SQLMesh`,
  options: {
    models: { default: 3000, quick: 120, help: 'how many models' },
    shape: { default: 'random', help: 'chain, fan-out, diamond, random or wide; or all' },
    rows: { default: 100, help: 'rows of the seed; every model has as many, or half of them' },
    seed: { default: 1, help: 'the seed of the graph' },
    peer: { default: '', help: 'dbt, sqlmesh or both with a comma between, fetched from PyPI: the same graph on their best settings' },
    keep: { default: false, help: 'keep the folders' },
  },
  async run(values, note) {
    const { graphBench, graphText } = await import('./graph-bench.ts')
    const outcome = await graphBench({ ...values, note })
    return {
      outcome,
      ok: outcome.every(
        ({ differing, edit, editExpected, peers }) =>
          differing === 0 && edit.computed === editExpected && peers.every((peer) => peer.differing === 0),
      ),
      text: graphText(outcome),
    }
  },
})
