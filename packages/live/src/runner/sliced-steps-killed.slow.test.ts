/** A process is killed in the middle of a step that it takes in slices; the store is opened again and asked. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BoundModel } from '@millrace/sql'
import { expect, it } from 'vitest'
import { PublishedRelation, textOf } from '../testing/published-relation.ts'
import { bound, CUSTOMERS, ORDERS, TABLES } from '../testing/shop.ts'
import { type RowChange, ShopLog } from '../testing/shop-log.ts'
import { readProgress } from './live-progress.ts'

const PROCESS = fileURLToPath(new URL('../testing/step-process.ts', import.meta.url))
const MODELS = {
  named: 'SELECT o.id, c.name FROM shop.orders o LEFT JOIN shop.customers c ON c.id = o.customer_id',
  counted: 'SELECT name, count(*) AS n FROM named GROUP BY name',
}
/** What the first model tells of it is staged in three parts. */
const ROWS = 70_000

/** How the process ended: its exit code, or the signal. */
async function brought(log: ShopLog, crashAt: string): Promise<number | string> {
  const path = await log.handOver()
  const words = ['--disable-warning=ExperimentalWarning', PROCESS, path, JSON.stringify(MODELS), '20000']
  const ended = await new Promise<number | string>((resolve, reject) => {
    const child = spawn(process.execPath, words, { stdio: 'inherit', env: { ...process.env, MILLRACE_CRASH_AT: crashAt } })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1))
  })
  await log.takeBack()
  return ended
}

it('law 1: killed at any commit of a step in slices, a process leaves all of it or nothing, and the next one ends it', async () => {
  const models = await bound(MODELS)
  const log = await ShopLog.open(TABLES)
  const relation = ({ name, schema }: BoundModel): readonly string[] =>
    new PublishedRelation(schema).read(log.reader, name).rows().map(textOf).toSorted()
  const [named, counted] = models as [BoundModel, BoundModel]
  try {
    await log.push([{ stream: CUSTOMERS.name, operation: 'insert', row: [1, 'ann'] }])
    expect(await brought(log, '')).toBe(0)
    const cut = await log.push(
      Array.from({ length: ROWS }, (_, id): RowChange => ({ stream: ORDERS.name, operation: 'insert', row: [id, id % 5, null] })),
    )
    const seen: string[] = []
    for (const crashAt of ['live.before-commit:2', 'live.after-commit:2', 'live.before-commit:4', 'live.after-commit:4']) {
      expect([crashAt, await brought(log, crashAt)]).toEqual([crashAt, 'SIGKILL'])
      const isReached = readProgress(log.reader).cut >= cut
      expect(relation(named)).toHaveLength(isReached ? ROWS : 0)
      expect(relation(counted)).toEqual(isReached ? [textOf(['ann', ROWS / 5]), textOf([null, (ROWS / 5) * 4])].toSorted() : [])
      seen.push(isReached ? 'all' : 'nothing')
    }
    expect(seen).toEqual(['nothing', 'nothing', 'nothing', 'all'])
    expect(await brought(log, '')).toBe(0)
    expect(new Set([...log.reader.read('named'), ...log.reader.read('counted')].map((stored) => stored.cut)).size).toBe(1)
    expect(log.reader.control('select tail from store_tail')).toEqual([])
  } finally {
    await log.close()
  }
}, 600_000)
