import type { FormName } from './state-workload.ts'
import { type Command, defineCommand } from '@millrace/testing'

export const state: Command = defineCommand({
  name: 'state',
  summary: `a live join, and groups, whose state is 0.5, 2 and 5 times what it may take of memory, beside the same without a limit: rows a
second as it grows, under changes of new rows and of any; memory; how long a start takes and what it takes`,
  options: {
    megabytes: { default: 64, quick: 5, help: 'the limit' },
    form: { default: 'join,groups', help: 'what is kept live, with commas between: join,groups' },
    seed: { default: 1, help: 'the seed of the changes' },
  },
  async run(values, note) {
    const { stateBench, stateText } = await import('./state-bench.ts')
    const { FORMS } = await import('./state-workload.ts')
    const forms = (Object.keys(FORMS) as FormName[]).filter((name) => values.form.split(',').includes(name))
    const outcome = await stateBench({ ...values, forms, note })
    return { outcome, ok: outcome.problems.length === 0, text: stateText(outcome) }
  },
})
