import { type Command, defineCommand } from '@millrace/testing'

export const importLegacy: Command = defineCommand({
  name: 'import',
  summary: `thousands of views of a real Postgres, over 40 deep, or some hundred of a real MariaDB, translated and run by DuckDB: how many, how long it takes,
and whether every row and type is what the legacy view gives`,
  options: {
    from: { default: 'postgres', help: 'postgres or mariadb' },
    views: { default: 3000, quick: 200, help: 'how many views the legacy database has' },
    seed: { default: 1, help: 'the seed of the views and rows' },
  },
  async run(values, note) {
    const { from } = values
    if (from !== 'postgres' && from !== 'mariadb') throw new Error(`There are no views of ${from} here; there is postgres, and mariadb.`)
    const { importBench, importText } = await import('./import-bench.ts')
    const outcome = await importBench({ ...values, from, note })
    return { outcome, ok: outcome.wrong.length === 0 && outcome.unexpected.length === 0, text: importText(outcome) }
  },
})
