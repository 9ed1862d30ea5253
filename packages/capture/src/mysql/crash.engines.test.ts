import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { CrashPoint } from '@millrace/base'
import type { LogReader } from '@millrace/core'
import { openReader } from '@millrace/store'
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acceptTable, parkedTables } from '../stopped/parked-tables.ts'
import { foldRows } from '../postgres/fixtures/fold-rows.ts'
import { MysqlRig } from './fixtures/mysql-rig.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

const POINTS: readonly (readonly [CrashPoint, number])[] = [
  ['capture.before-slot', 1],
  ['capture.in-snapshot', 1],
  ['capture.in-snapshot', 2],
  ['capture.after-snapshot', 1],
  ['capture.before-append', 1],
  ['capture.before-append', 5],
  ['capture.before-acknowledge', 1],
  ['capture.before-acknowledge', 4],
  ['store.before-commit', 5],
  ['store.after-commit', 5],
  ['store.before-commit', 9],
  ['store.after-commit', 9],
]

test.each(POINTS)('laws 1, 2 and 5: killed at %s (visit %i) under load, the log holds every row once', async (point, visit) => {
  const rig = await MysqlRig.open(
    mariadb,
    `create table item (id int primary key, note text, amount decimal(12,2));
     insert into item select seq, repeat('n', 200), seq / 7 from seq_1_to_30000`,
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
    const truth = await rig.sql("select concat_ws('|', id, coalesce(note, '~'), coalesce(amount, '~')) as line from item")
    const expected = truth.map(({ line }) => String(line)).sort()
    const reader = openReader(rig.storePath)
    try {
      await rig.until(() => reader.progress('shop') !== null && equal(foldRows(reader, 'shop.item'), expected), 300)
      again.kill('SIGTERM')
      expect(await exited(again)).toEqual({ code: 0, signal: null })
      expect(foldRows(reader, 'shop.item')).toEqual(expected)
      expectIdentities(reader)
    } finally {
      reader.close()
    }
  } finally {
    await load.stop()
    await rig.close()
  }
})

function expectIdentities(reader: LogReader): void {
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
}

test('laws 1 and 3: killed in the middle of a transaction that comes in parts, none of it shows until all does', async () => {
  const rig = await MysqlRig.open(mariadb, 'create table item (id int primary key, note text, amount decimal(12,2))')
  try {
    await rig.store.close()
    const killed = startCapture(rig, 'capture.before-acknowledge:2')
    const reader = await readerWhenThere(rig)
    await rig.until(() => reader.progress('shop') !== null)
    await rig.sql("insert into item select seq, repeat('x', 1000), null from seq_1_to_30000")
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

test('a prepared transaction whose rows were stored before a kill shows once, at its commit', async () => {
  const rig = await MysqlRig.open(mariadb, 'create table item (id int primary key, note text, amount decimal(12,2))')
  try {
    await rig.store.close()
    // The first commit carries the prepared rows, the second one the place behind them.
    const killed = startCapture(rig, 'capture.before-append:2')
    const reader = await readerWhenThere(rig)
    await rig.until(() => reader.progress('shop') !== null)
    const other = await mariadb.connect(rig.database)
    await other.query("xa start 'p'; insert into item values (1, 'a', 1), (2, 'b', 2); xa end 'p'; xa prepare 'p'")
    await other.end()
    expect((await exited(killed)).signal).toBe('SIGKILL')
    const again = startCapture(rig, '')
    await rig.sql("insert into item values (3, 'c', 3)")
    await rig.until(() => (reader.extents('shop.item')[0]?.next ?? 0) === 1)
    await rig.sql("xa commit 'p'")
    await rig.until(() => (reader.extents('shop.item')[0]?.next ?? 0) === 3)
    again.kill('SIGTERM')
    await exited(again)
    expect(foldRows(reader, 'shop.item')).toHaveLength(3)
    reader.close()
  } finally {
    await rig.close()
  }
})

test.each<readonly [CrashPoint, number]>([
  ['capture.in-snapshot', 1],
  ['capture.in-snapshot', 3],
  ['capture.before-show', 1],
  ['store.before-commit', 6],
  ['store.after-commit', 9],
])('laws 1 and 5: killed at %s (visit %i) while an accepted table is read, it is read whole after', async (point, visit) => {
  const rig = await MysqlRig.open(
    mariadb,
    `create table item (id int primary key, note text, amount decimal(12,2), extra int);
     insert into item select seq, repeat('n', 200), seq / 7, 0 from seq_1_to_30000`,
  )
  const load = new Load(rig)
  try {
    await rig.start()
    await rig.sql('alter table item drop column extra')
    await rig.until(() => parkedTables(rig.reader, 'shop').length === 1)
    await rig.stop()
    await acceptTable({ writer: rig.store, reader: rig.reader, source: 'shop', stream: 'shop.item' })
    await rig.store.close()
    load.start()
    const killed = startCapture(rig, `${point}:${visit}`)
    expect((await exited(killed)).signal).toBe('SIGKILL')
    const again = startCapture(rig, '')
    const reader = openReader(rig.storePath)
    try {
      await rig.until(() => parkedTables(reader, 'shop').length === 0, 50)
      await load.stop()
      const truth = await rig.sql("select concat_ws('|', id, coalesce(note, '~'), coalesce(amount, '~')) as line from item")
      const expected = truth.map(({ line }) => String(line)).sort()
      const [place] = await rig.sql('select @@global.gtid_binlog_pos as gtid')
      await rig.until(() => reader.progress('shop')?.state['gtid'] === place?.['gtid'], 50)
      again.kill('SIGTERM')
      expect(await exited(again)).toEqual({ code: 0, signal: null })
      expect(equal(foldRows(reader, 'shop.item'), expected)).toBe(true)
      expectIdentities(reader)
    } finally {
      reader.close()
    }
  } finally {
    await load.stop()
    await rig.close()
  }
})

/** Small and large transactions of inserts, updates and deletes, one after another, until it is stopped. */
class Load {
  readonly #rig: MysqlRig
  #stop = new AbortController()
  #done: Promise<void> = Promise.resolve()

  constructor(rig: MysqlRig) {
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
      await this.#rig.sql(
        `insert into item select ${base} + seq, 'new', seq from seq_1_to_${round % 5 === 0 ? 90 : 3};
         update item set amount = coalesce(amount, 0) + 1 where id % 97 = ${round % 97};
         delete from item where id = ${base + 2};
         update item set id = -id where id = ${base + 1}`,
      )
      await sleep(3)
    }
  }
}

function startCapture(rig: MysqlRig, crashAt: string): ChildProcess {
  const program = fileURLToPath(new URL('./fixtures/capture-process.ts', import.meta.url))
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, rig.storePath, rig.url, String(rig.serverId)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MILLRACE_CRASH_AT: crashAt },
  })
}

async function exited(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return { code: child.exitCode, signal: child.signalCode }
}

async function readerWhenThere(rig: MysqlRig): Promise<LogReader> {
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
