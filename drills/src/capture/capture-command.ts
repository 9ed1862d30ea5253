import { type Command, defineCommand } from '@millrace/testing'

export const capture: Command = defineCommand({
  name: 'capture',
  summary: 'the fifteen cases of change capture that broke somebody, each injected on a real server',
  options: {
    only: { default: '', help: 'the numbers of the cases to run, with commas between them; default: all' },
    mariadb: { default: false, help: 'also the case that needs a MariaDB server (the Debian package)' },
  },
  async run({ only, mariadb }, note) {
    const [{ captureDrill }, { CASES }] = await Promise.all([import('./capture-drill.ts'), import('./cases.ts')])
    const wanted = only === '' ? null : new Set(only.split(',').map(Number))
    const cases = CASES.filter(({ number }) => wanted === null || wanted.has(number))
    const outcome = await captureDrill({ cases, mariadb, note })
    return { outcome, ok: outcome.failed === 0 && outcome.cases.length > 0 }
  },
})
