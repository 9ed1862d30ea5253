import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { CrashPoint } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { openReader } from '@millrace/store'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { foldRows } from './fixtures/fold-rows.ts'
import { Rig } from './fixtures/rig.ts'

let postgres: Postgres
beforeAll(async () => (postgres = await startPostgres()))
afterAll(() => postgres.stop())

const POINTS: readonly (readonly [CrashPoint, number])[] = [
  ['capture.before-slot', 1],
  ['capture.in-snapshot', 1],
  ['capture.in-snapshot', 2],
  ['capture.after-snapshot', 1],
  ['capture.before-append', 1],
  ['capture.before-append', 5],
  ['capture.before-acknowledge', 1],
  ['capture.before-acknowledge', 4],
  ['store.before-commit', 4],
  ['store.after-commit', 4],
]

test.each(POINTS)('laws 1, 2 and 5: killed at %s (visit %i) under load, the log holds every row once', async (point, visit) => {
  const rig = await Rig.open(
    postgres,
    `create table item (id int primary key, note text, amount numeric(12,2));
     insert into item select g, repeat('n', 200), g / 7.0 from generate_series(1, 30000) g`,
  )
  const load = new Load(rig)
  try {
    await rig.store.close()
    const killed = startCapture(rig, `${point}:${visit}`)
    load.start()
    expect((await exited(killed)).signal).toBe('SIGKILL')
    const again = startCapture(rig, '')
    await sleep(300)
    await load.stop()
    const truth = await rig.sql(`select concat_ws('|', id, coalesce(note, '~'), coalesce(amount::text, '~')) as row from item`)
    const expected = truth.map(({ row }) => String(row)).sort()
    const reader = openReader(rig.storePath)
    try {
      await rig.until(() => reader.progress('shop') !== null && equal(foldRows(reader, 'shop.item'), expected), 300)
      again.kill('SIGTERM')
      expect(await exited(again)).toEqual({ code: 0, signal: null })
      expect(foldRows(reader, 'shop.item')).toEqual(expected)
      const identities = new Set<string>()
      let last = 0
      for (const stored of reader.read('shop.item')) {
        const { count, transactions, indexes } = stored.batch()
        for (let row = 0; row < count; row += 1) {
          const identity = `${transactions[row]}/${indexes[row]}`
          expect(identities.has(identity)).toBe(false)
          expect(transactions[row]).toBeGreaterThanOrEqual(last)
          identities.add(identity)
          last = transactions[row] ?? 0
        }
      }
    } finally {
      reader.close()
    }
  } finally {
    await load.stop()
    await rig.close()
  }
})

test('laws 1 and 3: killed in the middle of a transaction that comes in parts, none of it shows until all does', async () => {
  const rig = await Rig.open(postgres, 'create table item (id int primary key, note text, amount numeric(12,2))')
  try {
    await rig.store.close()
    // The transaction takes four commits, of which the last one shows it.
    const killed = startCapture(rig, 'capture.before-acknowledge:2')
    const reader = await readerWhenThere(rig)
    await rig.until(() => reader.progress('shop') !== null)
    await rig.sql("insert into item select g, repeat('x', 1000) from generate_series(1, 30000) g")
    expect((await exited(killed)).signal).toBe('SIGKILL')
    expect(reader.extents('shop.item').every(({ next }) => next === 0)).toBe(true)
    const again = startCapture(rig, '')
    await rig.until(() => {
      const [extent] = reader.extents('shop.item')
      expect([0, 30_000]).toContain(extent?.next ?? 0)
      return extent?.next === 30_000
    })
    again.kill('SIGTERM')
    await exited(again)
    expect(foldRows(reader, 'shop.item')).toHaveLength(30_000)
    reader.close()
  } finally {
    await rig.close()
  }
})

test('a server that crashes and comes back loses nothing and repeats nothing', async () => {
  const own = await startPostgres()
  try {
    const rig = await Rig.open(own, 'create table item (id int primary key, note text, amount numeric(12,2))')
    await rig.start()
    for (let round = 0; round < 3; round += 1) {
      await rig.sql('insert into item select $1 * 1000 + g, repeat($2, 50) from generate_series(1, 500) g', [round, 'x'])
      await own.kill()
      await own.start()
      await rig.reconnect()
    }
    await rig.sql('insert into item values (-1, null, null)')
    await rig.changed('shop.item', 1501)
    expect(rig.folded('shop.item')).toHaveLength(1501)
    expect(rig.changes('shop.item')).toHaveLength(1501)
    await rig.close()
  } finally {
    await own.stop()
  }
})

/** Small and large transactions of inserts, updates and deletes, one after another, until it is stopped. */
class Load {
  readonly #rig: Rig
  #stop = new AbortController()
  #done: Promise<void> = Promise.resolve()

  constructor(rig: Rig) {
    this.#rig = rig
  }

  start(): void {
    this.#stop = new AbortController()
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #run(): Promise<void> {
    for (let round = 0; !this.#stop.signal.aborted; round += 1) {
      const base = 100_000 + round * 100
      await this.#rig.sql(`insert into item select $1 + g, 'new', g from generate_series(1, ${round % 5 === 0 ? 90 : 3}) g`, [base])
      await this.#rig.sql(`update item set amount = coalesce(amount, 0) + 1 where id % 97 = $1`, [round % 97])
      await this.#rig.sql('delete from item where id = $1', [base + 2])
      await this.#rig.sql('update item set id = -id where id = $1', [base + 1])
      await sleep(3)
    }
  }
}

function startCapture(rig: Rig, crashAt: string): ChildProcess {
  const program = fileURLToPath(new URL('./fixtures/capture-process.ts', import.meta.url))
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, rig.storePath, rig.url, rig.slot], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MILLRACE_CRASH_AT: crashAt },
  })
}

async function exited(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return { code: child.exitCode, signal: child.signalCode }
}

async function readerWhenThere(rig: Rig): Promise<LogReader> {
  let reader: LogReader | undefined
  await rig.until(() => {
    try {
      reader = openReader(rig.storePath)
    } catch {
      return false
    }
    return true
  }, 50)
  if (reader === undefined) throw new Error('the store can be read')
  return reader
}

function equal(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((row, at) => row === right[at])
}
