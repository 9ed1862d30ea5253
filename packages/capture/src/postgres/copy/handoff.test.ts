import { expect, test } from 'vitest'
import { Handoff } from './handoff.ts'

test('law 8: values are taken in order, and never is there more than one in between', async () => {
  const handoff = new Handoff<number>()
  let made = 0
  const making = (async () => {
    for (made = 1; made <= 5; made += 1) await handoff.put(made)
    handoff.end()
  })()
  const taken: number[] = []
  for await (const value of handoff.values()) {
    expect(made - value).toBeLessThanOrEqual(1)
    taken.push(value)
  }
  await making
  expect(taken).toEqual([1, 2, 3, 4, 5])
})

test('a failure reaches the taker after all that came before it, and one who stops lets the maker go', async () => {
  const handoff = new Handoff<number>()
  void handoff.put(1).then(() => handoff.fail(new Error('lost')))
  const taken: number[] = []
  await expect(
    (async () => {
      for await (const value of handoff.values()) taken.push(value)
    })(),
  ).rejects.toThrow('lost')
  expect(taken).toEqual([1])
  const stopped = new Handoff<number>()
  const put = stopped.put(1)
  stopped.stop()
  await put
})
