/** An edit as its author meets it: what it will cost, told before it is made, and then made. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeProject, Run, runCli } from './testing/run-cli.ts'

const EXAMPLE = fileURLToPath(new URL('../../../examples/files', import.meta.url))

interface Told {
  readonly models: readonly { readonly name: string; readonly change: string; readonly why: string | null; readonly rows: number }[]
  readonly rows: number
}

test('an edit is told before it is made: what keeps its state, what is filled, from how many rows and why', async () => {
  const project = makeProject({})
  const { folder } = project
  try {
    cpSync(EXAMPLE, folder, { recursive: true })
    writeFileSync(join(folder, 'models/large.sql'), 'select order_id, open_amount from open_orders where open_amount > 10')
    const plan = async (): Promise<Told> => JSON.parse((await runCli(['plan', '--json'], { folder })).stdout) as Told
    const changes = async (): Promise<readonly string[]> => (await plan()).models.map(({ name, change }) => `${name} ${change}`)
    expect(await changes()).toEqual(['open_orders new', 'large new'])
    const live = async (text: string): Promise<void> => {
      const run = new Run(['start', '--port', '0', '--json'], { folder })
      await run.says('"ready"')
      const answered = (): Promise<string> =>
        runCli(['query', 'select * from large order by 1', '--json'], { folder }).then(({ stdout }) => stdout)
      for (const began = performance.now(); performance.now() - began < 60_000;) if ((await answered()).includes(text)) break
      expect(await answered()).toContain(text)
      await run.stop()
    }
    await live('80.5')
    expect(await changes()).toEqual(['open_orders same', 'large same'])
    const file = join(folder, 'models/open_orders.sql')
    const sql = readFileSync(file, 'utf8')
    writeFileSync(file, `-- What is still to be paid.\n${sql}`)
    expect(await changes()).toEqual(['open_orders same', 'large same'])
    writeFileSync(join(folder, 'models/large.sql'), 'select order_id, -open_amount as owed from open_orders where open_amount > 10')
    const edited = await plan()
    expect(edited.models.map(({ name, change, why }) => [name, change, why])).toEqual([
      ['open_orders', 'same', null],
      ['large', 'edited', 'its SQL was edited'],
    ])
    expect(edited.rows).toBeGreaterThan(0)
    const shown = await runCli(['plan'], { folder })
    expect(shown.stdout).toMatch(/large\s+is filled anew\s+its SQL was edited/)
    await live('-80.5')
    writeFileSync(file, `${sql.replace(/;?\s*$/, '')} limit banana`)
    const broken = await runCli(['plan'], { folder })
    expect([broken.code, broken.stderr]).toEqual([4, expect.stringContaining('models/open_orders.sql')])
    writeFileSync(file, sql)
    rmSync(join(folder, 'models/large.sql'))
    expect(await changes()).toEqual(['open_orders same', 'large gone'])
  } finally {
    project.remove()
  }
})
