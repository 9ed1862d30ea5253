import { type Command, defineCommand } from '@millrace/testing'
import { type SectionName, SECTIONS } from './sections.ts'

export const capture: Command = defineCommand({
  name: 'capture',
  summary: `changes a second from Postgres to decoded batches and to the durable log, beside the raw socket and
beside a pipeline on pg + pg-logical-replication; rows a second of a snapshot beside a binary COPY;
CSV beside DuckDB's reader; the agent's cost within its host; MariaDB beside zongji`,
  options: {
    rounds: { default: 5, quick: 1, help: 'rounds, of which the medians are told' },
    only: { default: '', help: `sections, with commas between: ${SECTIONS.join(',')}` },
    engines: { default: false, help: 'MariaDB too, which needs its Debian package' },
    quick: { default: false, help: 'small figures, to see that all of it works' },
    peer: { default: '', help: 'debezium: instead of the sections, Debezium on the same database and workload' },
  },
  async run({ rounds, only, engines, quick, peer }, note) {
    if (peer !== '') {
      if (peer !== 'debezium') throw new Error(`There is no peer ${peer}; there is debezium.`)
      const { debeziumBench, debeziumText } = await import('./debezium/debezium-bench.ts')
      const outcome = await debeziumBench({ rounds, quick, note })
      return { outcome, ok: true, text: debeziumText(outcome) }
    }
    const { captureBench, captureText } = await import('./capture-bench.ts')
    const outcome = await captureBench({ rounds, quick, sections: sectionsOf(only, engines), note })
    return { outcome, ok: Object.keys(outcome.failed).length === 0, text: captureText(outcome) }
  },
})

function sectionsOf(only: string, engines: boolean): readonly SectionName[] {
  if (only === '') return SECTIONS.filter((name) => name !== 'mariadb' || engines)
  return only.split(',').map((word) => {
    const section = SECTIONS.find((name) => name === word.trim())
    if (section === undefined) throw new Error(`There is no section ${word}; there are ${SECTIONS.join(', ')}.`)
    return section
  })
}
