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
/** Filled from the rows that are saved. */
const LATER = { ...MODELS, seen: 'SELECT id, customer_id FROM shop.orders' }
/** What the first model tells of it is staged in three parts, and before these the stream's rows, as often as many wait. */
const ROWS = 70_000
const STAGED_ROWS = "select distinct part from store_segment where owner = 'live:/staged'"
const STAGED_OUTPUT = 'select distinct tail from store_tail'

/** How the process ended: its exit code, or the signal. */
async function brought(log: ShopLog, crashAt: string, models: Readonly<Record<string, string>> = MODELS): Promise<number | string> {
  const path = await log.handOver()
  const words = ['--disable-warning=ExperimentalWarning', PROCESS, path, JSON.stringify(models), '40000']
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
    const left = new Set<string>()
    // How many commits there are depends on how fast the slices are; the first of each process takes away what the one before left.
    for (let commit = 1, isReached = false; !isReached; commit += 1) {
      const crashAt = `live.${commit % 2 === 0 ? 'after' : 'before'}-commit:${commit}`
      const ended = await brought(log, crashAt)
      isReached = readProgress(log.reader).cut >= cut
      expect([crashAt, ended]).toEqual([crashAt, isReached ? expect.anything() : 'SIGKILL'])
      expect(relation(named)).toHaveLength(isReached ? ROWS : 0)
      expect(relation(counted)).toEqual(isReached ? [textOf(['ann', ROWS / 5]), textOf([null, (ROWS / 5) * 4])].toSorted() : [])
      for (const { part } of log.reader.control<{ part: string }>(STAGED_ROWS)) left.add(part)
      for (const { tail } of log.reader.control<{ tail: string }>(STAGED_OUTPUT)) left.add(tail)
    }
    expect([...left].toSorted()).toEqual(['live:/named', ORDERS.name])
    expect(new Set([...log.reader.read('named'), ...log.reader.read('counted')].map((stored) => stored.cut)).size).toBe(1)
    expect(log.reader.control(STAGED_OUTPUT)).toEqual([])
    expect(log.reader.control(STAGED_ROWS)).toEqual([])
    await log.push([{ stream: ORDERS.name, operation: 'delete', row: [3, undefined, undefined] }])
    expect(await brought(log, '', LATER)).toBe(0)
    const seen = (await bound(LATER)).find(({ name }) => name === 'seen') as BoundModel
    const expected = Array.from({ length: ROWS }, (_, id) => textOf([id, id % 5])).filter((_, id) => id !== 3)
    expect(relation(seen)).toEqual(expected.toSorted())
  } finally {
    await log.close()
  }
}, 600_000)
