import { type Command, defineCommand } from '@millrace/testing'

export const order: Command = defineCommand({
  name: 'order',
  summary: `random joins with a stated order, given to DuckDB and to a real Postgres: whether the plan that each explains
joins in that order, whether the rows are those of the same SQL without it, and how often the engine would have gone another way`,
  options: {
    cases: { default: 200, quick: 40, help: 'statements for each engine' },
    seed: { default: 1, help: 'the seed of the statements' },
  },
  async run(values, note) {
    const { orderDrill, orderText } = await import('./order-drill.ts')
    const outcome = await orderDrill({ ...values, note })
    const ok = outcome.engines.every(({ cases, obeyed, sameRows, otherwise }) => obeyed === cases && sameRows === cases && otherwise > 0)
    return { outcome, ok, text: orderText(outcome) }
  },
})
