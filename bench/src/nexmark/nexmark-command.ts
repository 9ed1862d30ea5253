import { type Command, defineCommand } from '@millrace/testing'

export const nexmark: Command = defineCommand({
  name: 'nexmark',
  summary: `the queries of Nexmark, live, over a seeded file of events: events a second of one worker, and of several,
from the log to the model's stream, of the operators alone, of @tanstack/db-ivm and of Flink SQL; each result against DuckDB's`,
  options: {
    events: { default: 500_000, quick: 20_000, help: 'events in the file' },
    rounds: { default: 3, quick: 1, help: 'rounds, of which the best is told: others share the machine' },
    only: { default: '', help: 'queries, with commas between: q3,q4' },
    seed: { default: 1, help: 'the seed of the events' },
    rate: { default: 10_000, help: 'events a second of event time: how fast windows roll' },
    portion: { default: 5000, help: 'events in one commit of the log, and in one step of what has no log' },
    workers: { default: 2, quick: 1, help: 'the engine is measured in one thread, and over so many workers; 1: only the former' },
    peer: { default: '', help: 'flink: Flink SQL too, fetched from Maven Central; each process is kept to as many cores as workers' },
    'warm-up': {
      default: 5,
      quick: 0,
      help: 'seconds for which a query runs again and again before it is measured; 0: its first pass is measured',
    },
    modes: { default: 'engine,operators,peer', help: 'what is measured' },
  },
  async run({ 'warm-up': warmUp, ...values }, note) {
    if (values.peer !== '' && values.peer !== 'flink') throw new Error(`There is no peer ${values.peer}; there is flink.`)
    const { nexmarkBench, nexmarkText } = await import('./nexmark-bench.ts')
    const outcome = await nexmarkBench({ ...values, warmUp, note })
    return { outcome, ok: outcome.wrong.length === 0, text: nexmarkText(outcome) }
  },
})
