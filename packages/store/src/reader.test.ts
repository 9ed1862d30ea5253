import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startChild } from './fixtures/child.ts'
import { freshPath } from './fixtures/folders.ts'
import { append, idsIn, idsOf, orders, range } from './fixtures/orders.ts'
import { openReader, openStore, type Store } from './index.ts'

let store: Store

beforeEach(async () => {
  store = await openStore(freshPath())
  await store.commit({ streams: [orders(), orders('shop.items', 3)] })
})

afterEach(() => store.close())

describe('reading a stream', () => {
  test('gives what lies between two cuts, from a position, of a partition, up to a number of bytes', async () => {
    for (const n of range(0, 30)) {
      await store.commit({ appends: [append([n * 10, n * 10 + 1], { stream: 'shop.items', partition: n % 3 }), append([n])] })
    }
    const reader = store.reader()
    const firsts = (options: object, stream = 'shop.orders') => [...reader.read(stream, options)].map(({ first }) => first)
    expect(firsts({ afterCut: 27 })).toEqual([27, 28, 29])
    expect(firsts({ afterCut: 3, untilCut: 5 })).toEqual([3, 4])
    expect(firsts({ afterCut: 30 })).toEqual([])
    expect(firsts({ afterCut: 99 })).toEqual([])
    expect(firsts({ fromPosition: 28 })).toEqual([28, 29])
    expect(firsts({ fromPosition: 30 })).toEqual([])
    expect(firsts({ fromPosition: 2, afterCut: 28 })).toEqual([28, 29])
    expect(firsts({ fromPosition: 5, partition: 1 }, 'shop.items')).toEqual([4, 6, 8, 10, 12, 14, 16, 18])
    expect(firsts({ fromPosition: 17 }, 'shop.items')).toEqual([16, 16, 16, 18, 18, 18])
    expect(firsts({ bytesLimit: 1 })).toEqual([0])
    expect([...reader.read('shop.items')].map(({ cut }) => cut)).toEqual(range(1, 30))
  })

  test('gives whole batches of a large log in order, page after page', async () => {
    await Promise.all(range(0, 2500).map((n) => store.commit({ appends: [append([n])] })))
    const reader = store.reader()
    expect(idsIn(reader)).toEqual(range(0, 2500))
    for (const cut of [1, 15, 16, 17, 511, 1023, 2499, 2500]) {
      expect(reader.read('shop.orders', { afterCut: cut - 1 }).next().value?.first).toBe(cut - 1)
    }
  })

  test('sees the moment at which it began, whatever is committed meanwhile', async () => {
    await Promise.all(range(0, 100).map((n) => store.commit({ appends: [append([n])] })))
    const ids: number[] = []
    const reader = store.reader()
    for (const stored of reader.read('shop.orders')) {
      if (ids.length % 20 === 0) await store.commit({ appends: [append([1000 + ids.length])] })
      ids.push(...idsOf([stored]))
    }
    expect(ids).toEqual(range(0, 100))
    expect(idsIn(reader)).toHaveLength(105)
  })

  test('of an unknown stream is refused', () => {
    const reader = store.reader()
    expect(() => reader.stream('shop.nothing')).toThrow(expect.objectContaining({ code: 'STREAM_UNKNOWN' }))
    expect(() => reader.extents('shop.nothing')).toThrow(expect.objectContaining({ code: 'STREAM_UNKNOWN' }))
    expect(() => reader.readCuts(['shop.nothing'], { afterCut: 0, bytesLimit: 1 })).toThrow(
      expect.objectContaining({ code: 'STREAM_UNKNOWN' }),
    )
    expect(() => reader.read('shop.nothing').next()).toThrow(expect.objectContaining({ code: 'STREAM_UNKNOWN' }))
  })
})

describe('law 3: reading whole cuts', () => {
  test('never splits one, however small the step', async () => {
    for (const n of range(1, 20)) {
      const appends = range(0, n % 4).map((at) =>
        append([n * 10 + at], { stream: at % 2 === 0 ? 'shop.orders' : 'shop.items', partition: 0 }),
      )
      await store.commit({ appends: [...appends, append([n * 10 + 9], { stream: 'shop.items', partition: 2 })] })
    }
    const reader = store.reader()
    for (const bytesLimit of [1, 100, 200, 1e6]) {
      let cut = 0
      const ids: number[] = []
      while (cut < 20) {
        const { untilCut, batches } = reader.readCuts(['shop.orders', 'shop.items'], { afterCut: cut, bytesLimit })
        expect(untilCut).toBeGreaterThan(cut)
        expect(batches.every((batch) => batch.cut > cut && batch.cut <= untilCut)).toBe(true)
        for (const n of range(cut + 1, untilCut - cut)) expect(batches.filter((batch) => batch.cut === n)).toHaveLength((n % 4) + 1)
        if (bytesLimit === 1) expect(untilCut).toBe(cut + 1)
        ids.push(...idsOf(batches))
        cut = untilCut
      }
      expect(ids).toEqual(range(1, 20).flatMap((n) => [...range(n * 10, n % 4), n * 10 + 9]))
    }
  })

  test('goes on past cuts that hold nothing of the asked streams, and stops where it is told', async () => {
    await store.commit({ appends: [append([1])] })
    for (const n of range(0, 10)) await store.commit({ appends: [append([n], { stream: 'shop.items' })] })
    const reader = store.reader()
    expect(reader.readCuts(['shop.orders'], { afterCut: 1, bytesLimit: 1 })).toEqual({ untilCut: 11, batches: [] })
    expect(reader.readCuts(['shop.items'], { afterCut: 3, untilCut: 5, bytesLimit: 1e6 })).toMatchObject({
      untilCut: 5,
      batches: [{ cut: 4 }, { cut: 5 }],
    })
    expect(reader.readCuts(['shop.items'], { afterCut: 11, bytesLimit: 1 })).toEqual({ untilCut: 11, batches: [] })
    expect(reader.readCuts([], { afterCut: 0, bytesLimit: 1 })).toEqual({ untilCut: 11, batches: [] })
  })

  test('reads on from where it was left, and from anywhere else', async () => {
    const reader = store.reader()
    for (const n of range(1, 12)) await store.commit({ appends: [append([n])] })
    const step = (afterCut: number) => idsOf(reader.readCuts(['shop.orders'], { afterCut, bytesLimit: 1 }).batches)
    expect([1, 2, 3, 7, 8, 2, 3, 11, 0].map((cut) => step(cut)[0])).toEqual([2, 3, 4, 8, 9, 3, 4, 12, 1])
  })
})

describe('a reader elsewhere', () => {
  test('in another process follows the writer, change by change, without a hole or a repetition', async () => {
    const child = startChild('./reading-process.ts', { args: [store.path, '400'] })
    await child.line((line) => line === 'open')
    for (let n = 0; n < 400; n += 8) await Promise.all(range(n, 8).map((id) => store.commit({ appends: [append([id])] })))
    expect(await child.ended).toBe(0)
    expect(child.errors).toEqual([])
    expect(child.lines).toEqual(['open', ...range(0, 400).map(String)])
  })

  test('of a store whose writer is gone still reads it', async () => {
    await store.commit({ appends: [append([1])] })
    const reader = openReader(store.path)
    await store.close()
    expect(idsIn(reader)).toEqual([1])
    reader.close()
    const late = openReader(store.path)
    expect(idsIn(late)).toEqual([1])
    late.close()
  })
})

describe('waiting for a cut', () => {
  test('ends when one later than asked is there', async () => {
    const waits = [store.after(0), store.after(1)]
    await store.commit({ progress: { source: 'shop', transaction: 1, state: {} } })
    expect(await Promise.race([waits[0], setTimeout(20, 'waiting')])).toBe('waiting')
    await store.commit({ appends: [append([1])] })
    expect(await waits[0]).toBe(1)
    expect(await Promise.race([waits[1], setTimeout(20, 'waiting')])).toBe('waiting')
    await store.commit({ appends: [append([2])] })
    expect(await waits[1]).toBe(2)
    expect(await store.after(0)).toBe(2)
  })

  test('ends when its signal is aborted', async () => {
    const controller = new AbortController()
    const wait = store.after(0, controller.signal)
    controller.abort(new Error('enough'))
    await expect(wait).rejects.toThrow('enough')
    await expect(store.after(0, controller.signal)).rejects.toThrow('enough')
  })
})
