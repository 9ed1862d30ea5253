import { expect, test } from 'vitest'
import { inOrder } from './in-order.ts'

interface Trace {
  readonly ended: readonly string[]
  readonly mostAtOnce: number
}

/** Each name ends only some turns after it began, the earlier ones last. */
async function trace(order: readonly string[], reads: Readonly<Record<string, readonly string[]>>, atOnce: number): Promise<Trace> {
  const ended: string[] = []
  let running = 0
  let mostAtOnce = 0
  const work = async (name: string): Promise<void> => {
    running += 1
    mostAtOnce = Math.max(mostAtOnce, running)
    for (let turn = order.indexOf(name); turn < order.length; turn += 1) await Promise.resolve()
    running -= 1
    ended.push(name)
  }
  await inOrder({ order, readsOf: new Map(Object.entries(reads)), atOnce, work })
  return { ended, mostAtOnce }
}

test('what a name reads is done before it begins, and what does not read each other is done at once', async () => {
  const { ended, mostAtOnce } = await trace(['a', 'b', 'c', 'd'], { c: ['a'], d: ['b', 'c'] }, 4)
  expect(ended).toEqual(['b', 'a', 'c', 'd'])
  expect(mostAtOnce).toBe(2)
})

test('law 8: no more is done at once than the limit says', async () => {
  const { ended, mostAtOnce } = await trace(['a', 'b', 'c', 'd', 'e'], {}, 2)
  expect(ended.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(mostAtOnce).toBe(2)
})

test('a circle is entered where the order enters it', async () => {
  const { ended } = await trace(['a', 'b'], { a: ['b'], b: ['a'] }, 2)
  expect(ended).toEqual(['a', 'b'])
})

test('a failure is raised when all that had begun has ended, and what waited for it does not begin', async () => {
  const seen: string[] = []
  const work = async (name: string): Promise<void> => {
    seen.push(`${name} begins`)
    await Promise.resolve()
    if (name === 'a') throw new RangeError('a failed')
    await Promise.resolve()
    seen.push(`${name} ends`)
  }
  const ended = inOrder({ order: ['a', 'b', 'c'], readsOf: new Map([['c', ['a']]]), atOnce: 2, work })
  await expect(ended).rejects.toThrow('a failed')
  expect(seen).toEqual(['a begins', 'b begins', 'b ends'])
})
