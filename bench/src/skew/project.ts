/** A project over the planted table. */
import { assert } from '@millrace/base'
import { NODE_FLAGS } from 'millrace/node-flags'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { callCli } from '../graph/cli-process.ts'

const MAIN = fileURLToPath(new URL('../../../packages/millrace/src/main.ts', import.meta.url))
const CAPTURE_LIMIT_MS = 300_000

export function writeProject(folder: string, url: string): void {
  mkdirSync(join(folder, 'models'))
  writeFileSync(
    join(folder, 'millrace.config.ts'),
    `import { defineProject, postgres } from 'millrace'
export default defineProject({ name: 'skew', sources: { shop: postgres({ url: ${JSON.stringify(url)}, slot: 'skew' }) } })
`,
  )
  writeFileSync(
    join(folder, 'models/by_customer.sql'),
    'select c.id, c.name, count(*) as orders, sum(o.amount) as amount from shop.orders o join shop.customers c on c.id = o.customer_id group by c.id, c.name\n',
  )
  writeFileSync(join(folder, 'models/by_tenant.sql'), 'select tenant, count(*) as orders from shop.orders group by tenant\n')
}

/** Lets the project capture until the log holds so many orders, and ends it. */
export async function capture(folder: string, rows: number): Promise<void> {
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, 'start', '--json', '--port', '0', '--project', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let isReady = false
  createInterface({ input: child.stdout }).on('line', (line) => (isReady ||= line.includes('"event":"ready"')))
  try {
    for (const endMs = performance.now() + CAPTURE_LIMIT_MS; ; await sleep(200)) {
      assert(performance.now() < endMs && child.exitCode === null, 'the table is captured in time')
      if (!isReady) continue
      const { lines } = await callCli(folder, 'query', 'select count(*) as n from shop.orders')
      if (lines[0]?.['n'] === rows) return
    }
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}
