import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { changeAt, type LogReader } from '@millrace/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startChild } from './fixtures/child.ts'
import { freshFolder, freshPath } from './fixtures/folders.ts'
import { append, idsIn, orders, range } from './fixtures/orders.ts'
import { backupStore, openReader, openStore, restoreBackup, type Store, verifyStore } from './index.ts'

let store: Store

beforeEach(async () => {
  store = await openStore(freshPath())
  await store.commit({
    streams: [orders(), orders('shop.items')],
    control: [{ sql: 'create table told (n integer primary key)', parameters: [] }],
  })
})

afterEach(() => store.close())

/** Set `n` says `n` in every place that a set can say something. */
function commitEverywhere(n: number) {
  return store.commit({
    appends: [append([n], { noteUnits: 4000 }), append([n], { stream: 'shop.items' })],
    progress: { source: 'shop', transaction: n, state: { n } },
    state: { put: [{ owner: 'totals', part: 'sum', sequence: n, bytes: Uint8Array.of(n % 256) }] },
    control: [{ sql: 'insert into told values (?)', parameters: [n] }],
  })
}

/** The number of sets in a store, after checking that every place agrees on it. */
function setsIn(reader: LogReader): number {
  const count = reader.progress('shop')?.transaction ?? 0
  expect(idsIn(reader, 'shop.orders')).toEqual(range(1, count))
  expect(idsIn(reader, 'shop.items')).toEqual(range(1, count))
  expect([...reader.segments('totals')].map(({ sequence }) => sequence)).toEqual(range(1, count))
  expect(reader.control('select n from told order by n').map(({ n }) => n)).toEqual(range(1, count))
  expect(reader.cut()).toBe(count)
  return count
}

function setsInFile(path: string): number {
  const reader = openReader(path)
  try {
    return setsIn(reader)
  } finally {
    reader.close()
  }
}

test('a backup taken while work goes on is one moment of the store (laws 1 and 3)', async () => {
  for (const n of range(1, 400)) await commitEverywhere(n)
  const target = join(freshFolder(), 'copies', 'one.db')
  const steps: number[] = []
  const copied = new AbortController()
  const work = (async () => {
    for (let n = 401; !copied.signal.aborted; n += 1) await commitEverywhere(n)
  })()
  const summary = await store.backup(target, { onProgress: ({ copiedPages, totalPages }) => steps.push(copiedPages / totalPages) })
  copied.abort()
  await work
  const sets = setsInFile(target)
  expect(sets).toBeGreaterThanOrEqual(400)
  expect(summary).toMatchObject({ path: target, id: store.id, cut: sets, changes: sets * 2, segments: sets })
  expect(summary.streams.map(({ stream, changes }) => [stream, changes])).toEqual([
    ['shop.orders', sets],
    ['shop.items', sets],
  ])
  expect(steps.every((share) => share >= 0 && share <= 1)).toBe(true)
  expect(readdirSync(dirname(target)).filter((name) => !name.endsWith('-wal') && !name.endsWith('-shm'))).toEqual(['one.db'])
  expect(setsIn(store.reader())).toBeGreaterThanOrEqual(sets)
})

test('a backup can be taken by another process than the one that writes', async () => {
  const path = freshPath()
  const child = startChild('./committing-process.ts', { args: [path] })
  await child.line((line) => Number(line) >= 50)
  const target = join(freshFolder(), 'copy.db')
  const { cut } = await backupStore(path, target)
  await child.line((line) => Number(line) > cut)
  child.kill()
  await child.ended
  expect(cut).toBeGreaterThanOrEqual(50)
  expect(setsInFile(target)).toBe(cut)
})

test('a backup overwrites nothing', async () => {
  const target = freshPath()
  writeFileSync(target, 'precious')
  await expect(store.backup(target)).rejects.toMatchObject({ code: 'BACKUP_EXISTS', details: { path: target } })
  expect(readFileSync(target, 'utf8')).toBe('precious')
})

test('a backup to where nothing can be written leaves nothing behind', async () => {
  const file = join(freshFolder(), 'file')
  writeFileSync(file, '')
  await expect(store.backup(join(file, 'copy.db'))).rejects.toMatchObject({ code: 'STORE_IO' })
})

test('a backup of a store that does not exist is refused', async () => {
  await expect(backupStore(freshPath(), freshPath())).rejects.toMatchObject({ code: 'STORE_NOT_FOUND' })
})

describe('restoring', () => {
  test('gives a store that equals what was backed up, which can be worked with', async () => {
    for (const n of range(1, 30)) await commitEverywhere(n)
    const [backup, target] = [freshPath(), join(freshFolder(), 'new', 'store.db')]
    const made = await store.backup(backup)
    const summary = await restoreBackup(backup, target)
    expect(summary).toEqual({ ...made, path: target, replaced: null })
    await store.close()
    store = await openStore(target)
    expect(setsIn(store.reader())).toBe(30)
    await commitEverywhere(31)
    expect(setsIn(store.reader())).toBe(31)
  })

  test('sets the store that was there aside, whole, with what its last process left in the write-ahead file', async () => {
    const path = freshPath()
    const child = startChild('./committing-process.ts', { args: [path] })
    await child.line((line) => Number(line) >= 20)
    child.kill()
    await child.ended
    const acknowledged = child.lines.length
    await commitEverywhere(1)
    const backup = freshPath()
    await store.backup(backup)
    const { replaced } = await restoreBackup(backup, path)
    expect(setsInFile(path)).toBe(1)
    expect(replaced).toContain(`${path}.replaced-`)
    expect(setsInFile(replaced as string)).toBeGreaterThanOrEqual(acknowledged)
  })

  test('is refused over a store in use, which stays as it is', async () => {
    await commitEverywhere(1)
    const backup = freshPath()
    await store.backup(backup)
    await commitEverywhere(2)
    await expect(restoreBackup(backup, store.path)).rejects.toMatchObject({ code: 'STORE_IN_USE' })
    await commitEverywhere(3)
    expect(setsIn(store.reader())).toBe(3)
  })

  test('refuses what is damaged, missing or not a store, and touches nothing', async () => {
    for (const n of range(1, 10)) await commitEverywhere(n)
    const [backup, letter, target] = [freshPath(), freshPath(), freshPath()]
    await store.backup(backup)
    const bytes = readFileSync(backup)
    const note = changeAt(append([5]).batch, 0).after[1] as string
    expect(bytes.lastIndexOf(note)).toBeGreaterThan(0)
    bytes.write('!', bytes.lastIndexOf(note))
    writeFileSync(backup, bytes)
    writeFileSync(letter, 'a letter, not a store '.repeat(100))
    for (const path of [backup, letter, freshPath()]) {
      await expect(restoreBackup(path, target)).rejects.toMatchObject({ code: 'BACKUP_INVALID', details: { path } })
      expect(existsSync(target)).toBe(false)
    }
    expect(readdirSync(dirname(target)).filter((name) => !name.endsWith('.lock'))).toEqual([])
  })
})

test('a proof counts what a store holds, stream by stream', async () => {
  for (const n of range(1, 5)) await commitEverywhere(n)
  const seen: string[] = []
  const proof = await verifyStore(store.path, { onProgress: ({ stream, changes }) => seen.push(`${stream}: ${changes}`) })
  expect(proof).toMatchObject({ id: store.id, cut: 5, batches: 10, changes: 10, owners: 1, segments: 5 })
  expect(seen).toEqual(['shop.orders: 5', 'shop.items: 5'])
})
