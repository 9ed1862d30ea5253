/** A running project over the planted table, and its command line. */
import { assert } from '@millrace/base'
import { NODE_FLAGS } from 'millrace/node-flags'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

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
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(child, 'exit')
  try {
    for (const endMs = performance.now() + CAPTURE_LIMIT_MS; ; await sleep(200)) {
      assert(performance.now() < endMs && child.exitCode === null, 'the table is captured in time')
      const counted = await millrace(folder, ['query', 'select count(*) as n from shop.orders']).catch(() => [])
      if ((counted[0] as { n?: number } | undefined)?.n === rows) return
    }
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}

/** What a command prints as JSON. */
export async function millrace(folder: string, words: readonly string[]): Promise<readonly unknown[]> {
  const child = spawn(process.execPath, [...NODE_FLAGS, MAIN, ...words, '--json', '--project', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, problem, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>])
  if (code !== 0) throw new Error(`millrace ${words.join(' ')} ended with ${code}: ${problem}`)
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
