/** Flips bits all over the file of a store and asks it everything: each answer is the right one or an error that names the damage. */
import { readFileSync, writeFileSync } from 'node:fs'
import { MillraceError, seededRandom } from '@millrace/base'
import { changeAt, type LogReader } from '@millrace/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshPath } from './fixtures/folders.ts'
import { append, orders, range } from './fixtures/orders.ts'
import { openReader, openStore, verifyStore } from './index.ts'

const DAMAGE_CODES = ['STORE_CORRUPT', 'STORE_BATCH_CORRUPT', 'STORE_FOREIGN', 'STORE_VERSION_UNKNOWN', 'STORE_NOT_FOUND']

let good: Buffer
let truth: string

beforeAll(async () => {
  const store = await openStore(freshPath())
  await store.commit({ streams: [orders('shop.orders', 2), orders('shop.items')] })
  for (const n of range(1, 60)) {
    await store.commit({
      appends: [append(range(n * 100, 5), { partition: n % 2, noteUnits: n % 7 === 0 ? 2000 : 20 }), append([n], { stream: 'shop.items' })],
      progress: { source: 'shop', transaction: n, state: { n } },
      state: { put: [{ owner: `model-${n % 3}`, part: 'sum', sequence: n, bytes: new Uint8Array(n * 20).fill(n) }] },
    })
  }
  await store.commit({ appends: [{ ...append([1]), tail: 'shop' }] })
  await store.close()
  good = readFileSync(store.path)
  truth = everything(store.path)
})

/** All that a reader can be asked of what the store itself keeps. */
function everything(path: string): string {
  const reader = openReader(path)
  try {
    const names = reader.streams().map(({ name }) => name)
    return JSON.stringify([
      reader.cut(),
      reader.streams(),
      names.map((name) => [reader.extents(name), changesOf(reader, name)]),
      stepsOf(reader, names),
      ['shop', 'crm'].map((source) => reader.progress(source)),
      ['model-0', 'model-1', 'model-2'].map((owner) =>
        [...reader.segments(owner)].map((segment) => ({ ...segment, bytes: [...segment.bytes] })),
      ),
    ])
  } finally {
    reader.close()
  }
}

function changesOf(reader: LogReader, name: string): unknown[] {
  return [...reader.read(name)].map((stored) => {
    const batch = stored.batch()
    return [
      stored.partition,
      stored.first,
      stored.cut,
      stored.asOf,
      stored.committedMs,
      range(0, batch.count).map((row) => changeAt(batch, row)),
    ]
  })
}

function stepsOf(reader: LogReader, names: readonly string[]): unknown[] {
  const steps: unknown[] = []
  for (let cut = 0; cut < reader.cut();) {
    const { untilCut, batches } = reader.readCuts(names, { afterCut: cut, bytesLimit: 500 })
    steps.push([untilCut, batches.map(({ stream, first, count }) => [stream, first, count])])
    cut = untilCut
  }
  return steps
}

function damaged(change: (bytes: Buffer) => void): string {
  const path = freshPath()
  const bytes = Buffer.from(good)
  change(bytes)
  writeFileSync(path, bytes)
  return path
}

/** Asks everything of a damaged copy; true if the damage was found. */
function isFound(change: (bytes: Buffer) => void, what: string): boolean {
  try {
    expect(everything(damaged(change)), what).toBe(truth)
    return false
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    expect(DAMAGE_CODES, `${what}: ${error.message}`).toContain(error.code)
    return true
  }
}

function flip(place: number, bit: number): (bytes: Buffer) => void {
  return (bytes) => {
    bytes[place] = (bytes[place] as number) ^ (1 << bit)
  }
}

test('a bit flipped anywhere is found and named, or changes no answer; it is never served', () => {
  const random = seededRandom(7)
  const places = [...range(0, 100), ...range(0, 250).map(() => random.below(good.length))]
  const found = places.filter((place) => isFound(flip(place, random.below(8)), `a flip at byte ${place}`))
  // Most of the file holds something; what is left is free space within pages.
  expect(found.length).toBeGreaterThan(120)
})

test('so is one in the records of streams, schemas, partitions, progress and state', () => {
  for (const mark of ['shop.orders', 'shop.itemstable', '{"columns"', 'model-1', '{"n":60}']) {
    const start = good.indexOf(mark)
    expect(start, mark).toBeGreaterThan(0)
    for (const place of range(start - 12, 12 + mark.length + 12)) isFound(flip(place, place % 8), `a flip at byte ${place}, by ${mark}`)
  }
})

test('a page that is overwritten, lost or swapped with another is found', () => {
  const pages = good.length / 4096
  let found = 0
  for (const page of range(1, pages - 1)) {
    const start = page * 4096
    const changes: ((bytes: Buffer) => void)[] = [
      (bytes) => bytes.fill(0, start, start + 4096),
      (bytes) => good.copy(bytes, start, 4096 * ((page % (pages - 2)) + 1), 4096 * ((page % (pages - 2)) + 2)),
    ]
    for (const change of changes) if (isFound(change, `page ${page}`)) found += 1
  }
  expect(found).toBeGreaterThan(pages)
})

describe('the damage is named', () => {
  test('of a body: stream, partition and positions', async () => {
    const marker = Buffer.from('row of the marked batch')
    const store = await openStore(freshPath())
    const batch = append([7, 8], { stream: 'shop.orders' })
    await store.commit({ streams: [orders()], appends: [append([1, 2, 3])] })
    await store.commit({ appends: [batch] })
    await store.close()
    const bytes = readFileSync(store.path)
    const note = changeAt(batch.batch, 0).after[1] as string
    const place = bytes.lastIndexOf(note)
    expect(place).toBeGreaterThan(0)
    bytes.write(marker.toString().slice(0, note.length), place)
    writeFileSync(store.path, bytes)
    const reader = openReader(store.path)
    const [first, second] = [...reader.read('shop.orders')]
    expect(first?.batch().count).toBe(3)
    const expected = { code: 'STORE_BATCH_CORRUPT', details: { stream: 'shop.orders', partition: 0, first: 3, last: 4 } }
    expect(() => second?.batch()).toThrow(expect.objectContaining(expected))
    reader.close()
    await expect(verifyStore(store.path)).rejects.toMatchObject(expected)
  })

  test('of a file that was cut short', async () => {
    const path = freshPath()
    writeFileSync(path, good.subarray(0, good.length - 3 * 4096))
    await expect(verifyStore(path)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  test('to whoever opens the store to write', async () => {
    const path = damaged((bytes) => bytes.fill(0xff, 4096, 8192))
    const outcome = await openStore(path)
      .then(
        async (store) => {
          await store.commit({ streams: [orders('shop.new')] }).finally(() => store.close())
        },
        (error: unknown) => Promise.reject(error as Error),
      )
      .catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code: 'STORE_CORRUPT' })
  })
})
