/** Any history of sets, told to the store and to a plain model of it, reads the same from both, cut by cut. */
import type { Append, LogReader, WriteSet } from '@millrace/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freshPath } from './fixtures/folders.ts'
import { append, idsOf, orders, range } from './fixtures/orders.ts'
import { openStore, type Store } from './index.ts'

const STREAMS = { 'shop.orders': 2, 'shop.items': 1 } as const
type StreamName = keyof typeof STREAMS

interface Piece {
  readonly stream: StreamName
  readonly partition: number
  readonly ids: readonly number[]
}

interface Shown extends Piece {
  readonly cut: number
  readonly first: number
}

/** What the contract says, in the plainest form: a list of what is visible, and a list per open tail. */
class Model {
  cut = 0
  readonly shown: Shown[] = []
  readonly tails = new Map<string, Piece[]>()

  show(pieces: readonly Piece[]): void {
    if (pieces.length === 0) return
    this.cut += 1
    for (const piece of pieces) this.shown.push({ ...piece, cut: this.cut, first: this.next(piece.stream, piece.partition) })
  }

  next(stream: StreamName, partition: number): number {
    return this.of(stream)
      .filter((piece) => piece.partition === partition)
      .reduce((next, { ids }) => next + ids.length, 0)
  }

  of(stream: StreamName): Shown[] {
    return this.shown.filter((piece) => piece.stream === stream)
  }
}

const piece: fc.Arbitrary<Piece> = fc.record({
  stream: fc.constantFrom<StreamName>('shop.orders', 'shop.items'),
  partition: fc.constantFrom(0, 1),
  ids: fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }),
})
const pieces = fc
  .array(piece, { maxLength: 3 })
  .map((list) => list.map((each) => ({ ...each, partition: Math.min(each.partition, STREAMS[each.stream] - 1) })))
const tail = fc.constantFrom('shop', 'crm')
/** Tails of one set are shown in this order, whichever was written first. */
const tails = fc.constantFrom(['shop'], ['crm'], ['shop', 'crm'], ['crm', 'shop'])
const step = fc.oneof(
  { weight: 4, arbitrary: pieces.map((list) => ({ kind: 'show' as const, list })) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('hide' as const), tail, list: pieces }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const), tails, list: pieces }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard' as const), tail }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), tail, list: pieces }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
)
type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never

function appendsOf(list: readonly Piece[]): Append[] {
  return list.map(({ stream, partition, ids }) => append(ids, { stream, partition }))
}

function setFor(each: Exclude<Step, { kind: 'reopen' }>): WriteSet {
  switch (each.kind) {
    case 'show':
      return { appends: appendsOf(each.list) }
    case 'hide':
      return { appends: appendsOf(each.list).map((hidden) => ({ ...hidden, tail: each.tail })) }
    case 'open':
      return { show: each.tails.map((shown) => ({ tail: shown })), appends: appendsOf(each.list) }
    case 'discard':
      return { discard: [each.tail] }
    case 'fail':
      return {
        show: [{ tail: each.tail }],
        appends: appendsOf(each.list),
        control: [{ sql: 'insert into nowhere values (1)', parameters: [] }],
      }
  }
}

function tell(model: Model, each: Step): void {
  if (each.kind === 'show') model.show(each.list)
  if (each.kind === 'hide') model.tails.set(each.tail, [...(model.tails.get(each.tail) ?? []), ...each.list])
  if (each.kind === 'open') {
    model.show([...each.tails.flatMap((shown) => model.tails.get(shown) ?? []), ...each.list])
    for (const shown of each.tails) model.tails.delete(shown)
  }
  if (each.kind === 'discard') model.tails.delete(each.tail)
}

function expectSame(reader: LogReader, model: Model, bytesLimit: number): void {
  expect(reader.cut()).toBe(model.cut)
  for (const [stream, partitions] of Object.entries(STREAMS) as [StreamName, number][]) {
    const read = [...reader.read(stream)].map((stored) => [stored.cut, stored.partition, stored.first, idsOf([stored])])
    const wanted = model.of(stream).map(({ cut, partition, first, ids }) => [cut, partition, first, ids])
    expect(read).toEqual(wanted)
    expect(reader.extents(stream).map(({ next }) => next)).toEqual(range(0, partitions).map((partition) => model.next(stream, partition)))
  }
  for (let cut = 0; cut < model.cut;) {
    const { untilCut, batches } = reader.readCuts(['shop.items', 'shop.orders'], { afterCut: cut, bytesLimit })
    const wanted = model.shown.filter((shown) => shown.cut > cut && shown.cut <= untilCut)
    expect(batches.map((stored) => [stored.stream, stored.cut, stored.first])).toEqual(
      wanted.map(({ stream, cut: at, first }) => [stream, at, first]),
    )
    cut = untilCut
  }
}

async function refused(committed: Promise<unknown>): Promise<void> {
  await expect(committed).rejects.toThrow('nowhere')
}

async function run(steps: readonly Step[], bytesLimit: number): Promise<void> {
  const path = freshPath()
  let store: Store = await openStore(path)
  try {
    await store.commit({ streams: [orders('shop.orders', 2), orders('shop.items')] })
    const model = new Model()
    const reader = store.reader()
    let pending: Promise<unknown>[] = []
    for (const [at, each] of steps.entries()) {
      if (each.kind === 'reopen') {
        await Promise.all(pending)
        await store.close()
        store = await openStore(path)
        pending = []
      } else {
        const committed = store.commit(setFor(each))
        pending.push(each.kind === 'fail' ? refused(committed) : committed)
      }
      tell(model, each)
      if (at % 7 === 6) {
        await Promise.all(pending)
        pending = []
        const fresh = store.reader()
        expectSame(fresh, model, bytesLimit)
        fresh.close()
      }
    }
    await Promise.all(pending)
    reader.close()
    expectSame(store.reader(), model, bytesLimit)
  } finally {
    await store.close()
  }
}

test('any history of sets, tails, failures and restarts reads as the contract says', async () => {
  expect.hasAssertions()
  const history = fc.tuple(fc.array(step, { minLength: 5, maxLength: 60 }), fc.constantFrom(1, 150, 1e6))
  await fc.assert(
    fc.asyncProperty(history, ([steps, bytesLimit]) => run(steps, bytesLimit)),
    { numRuns: 12 },
  )
})
