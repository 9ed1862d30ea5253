import type { Append, WriteSet } from '@millrace/core'
import { expect, test } from 'vitest'
import { CountedWriter, dropWriter } from './counted-writer.ts'

const append = (count: number, tail?: string): Append =>
  ({ stream: 's', partition: 0, batch: { count }, ...(tail === undefined ? {} : { tail }) }) as unknown as Append

async function visible(...sets: readonly WriteSet[]): Promise<number[]> {
  const seen: number[] = []
  const writer = new CountedWriter(dropWriter, (changes) => seen.push(changes))
  for (const set of sets) await writer.commit(set)
  return seen
}

test('Changes count when they become visible: at once, or with the tail that holds them', async () => {
  expect(await visible({ appends: [append(3), append(2)] })).toEqual([5])
  expect(
    await visible({ appends: [append(3, 'a')] }, { appends: [append(4, 'a')] }, { show: [{ tail: 'a' }], appends: [append(1)] }),
  ).toEqual([8])
})

test('What is discarded never counts', async () => {
  expect(
    await visible({ appends: [append(3, 'x/a'), append(2, 'y')] }, { discard: ['x/'], show: [{ tail: 'x/a' }, { tail: 'y' }] }),
  ).toEqual([2])
})
