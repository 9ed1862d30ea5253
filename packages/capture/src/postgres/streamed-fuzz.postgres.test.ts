import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { openReader } from '@millrace/store'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { foldRows } from './fixtures/fold-rows.ts'
import { RESTLESS_TABLES, RestlessLoad } from './fixtures/restless-load.ts'
import { Rig } from './fixtures/rig.ts'

/** Everything is sent in pieces, as soon as it is made. */
const AT_ONCE = { logical_decoding_work_mem: '64kB', debug_logical_replication_streaming: 'immediate', max_wal_senders: 20 }
const LITTLE_MEMORY = { logical_decoding_work_mem: '64kB', max_wal_senders: 20 }

let atOnce: Postgres
let littleMemory: Postgres
beforeAll(async () => {
  atOnce = await startPostgres({ settings: AT_ONCE })
  littleMemory = await startPostgres({ settings: LITTLE_MEMORY })
})
afterAll(async () => {
  await atOnce.stop()
  await littleMemory.stop()
})

const TABLES = ['item', 'pair']

async function truth(rig: Rig, table: string): Promise<string[]> {
  const columns = table === 'item' ? `id, coalesce(note, '~'), coalesce(amount::text, '~')` : 'a, b, body'
  return (await rig.sql(`select concat_ws('|', ${columns}) as row from ${table}`)).map(({ row }) => String(row)).sort()
}

/** Waits until the log folds to what the server has, and finds no identity twice nor out of order. */
async function agree(rig: Rig, reader: LogReader): Promise<number> {
  let changes = 0
  for (const table of TABLES) {
    const expected = await truth(rig, table)
    await rig.until(
      () => reader.streams().some(({ name }) => name === `shop.${table}`) && equal(foldRows(reader, `shop.${table}`), expected),
      200,
    )
    const identities = new Set<string>()
    let last = 0
    for (const stored of reader.read(`shop.${table}`)) {
      const { count, transactions, indexes } = stored.batch()
      changes += count
      for (let row = 0; row < count; row += 1) {
        expect(transactions[row]).toBeGreaterThanOrEqual(last)
        last = transactions[row] ?? 0
        identities.add(`${last}/${indexes[row]}`)
      }
    }
    expect(identities.size).toBe(reader.extents(`shop.${table}`).reduce((sum, { next }) => sum + next, 0))
  }
  return changes
}

test.each([
  ['everything comes in pieces', 1, true, false],
  ['everything comes in pieces and parts are undone', 2, true, true],
  ['what is large comes in pieces', 3, false, true],
])('laws 1, 3 and 5: where %s, the log folds to what the server has (seed %i)', async (_what, seed, isAtOnce, undoesParts) => {
  const random = seededRandom(Number(process.env['MILLRACE_FUZZ_SEED'] ?? seed))
  const rig = await Rig.open(isAtOnce ? atOnce : littleMemory, RESTLESS_TABLES)
  const load = new RestlessLoad(rig.url, random, undoesParts)
  try {
    await rig.start()
    load.start(5)
    for (let life = 0; life < 3; life += 1) {
      await sleep(400 + random.next() * 1500)
      await rig.stop()
      await rig.start()
    }
    await sleep(1500)
    await load.stop()
    expect(load.transactions).toBeGreaterThan(20)
    expect(await agree(rig, rig.reader)).toBeGreaterThan(1000)
    expect(rig.reader.control('select count(*) as n from store_tail')).toEqual([{ n: 0 }])
  } finally {
    await load.stop()
    await rig.close()
  }
})

test.each([
  ['capture.before-append', 17],
  ['capture.before-acknowledge', 23],
  ['store.before-commit', 8],
  ['store.after-commit', 29],
])('laws 1, 2 and 5: killed at %s (visit %i) amid transactions in progress, lost 0 and repeated 0', async (point, visit) => {
  const rig = await Rig.open(atOnce, RESTLESS_TABLES)
  const load = new RestlessLoad(rig.url, seededRandom(visit), false)
  let again: ChildProcess | null = null
  try {
    await rig.store.close()
    const killed = startCapture(rig, '')
    await rig.until(() => {
      const reader = readerOf(rig)
      const isThere = TABLES.every(
        (table) => reader?.streams().some(({ name }) => name === `shop.${table}`) && foldRows(reader, `shop.${table}`).length > 0,
      )
      reader?.close()
      return isThere
    }, 100)
    killed.kill('SIGTERM')
    await once(killed, 'exit')
    load.start(4)
    const second = startCapture(rig, `${point}:${visit}`)
    if (second.signalCode === null) await once(second, 'exit')
    expect(second.signalCode).toBe('SIGKILL')
    again = startCapture(rig, '')
    await sleep(500)
    await load.stop()
    const reader = openReader(rig.storePath)
    try {
      expect(await agree(rig, reader)).toBeGreaterThan(500)
    } finally {
      reader.close()
    }
  } finally {
    await load.stop()
    if (again !== null && again.exitCode === null) {
      again.kill('SIGTERM')
      await once(again, 'exit')
    }
    await rig.close()
  }
})

function startCapture(rig: Rig, crashAt: string): ChildProcess {
  const program = fileURLToPath(new URL('./fixtures/capture-process.ts', import.meta.url))
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, rig.storePath, rig.url, rig.slot], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MILLRACE_CRASH_AT: crashAt },
  })
}

/** Null before the store is there. */
function readerOf(rig: Rig): LogReader | null {
  try {
    return openReader(rig.storePath)
  } catch {
    return null
  }
}

function equal(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((row, at) => row === right[at])
}
