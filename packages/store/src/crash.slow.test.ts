/** A process that commits is killed, at named points and at any; the store is opened again and asked. */
import { expect, test } from 'vitest'
import { startChild } from './fixtures/child.ts'
import { freshPath } from './fixtures/folders.ts'
import { idsIn, range } from './fixtures/orders.ts'
import { openStore } from './index.ts'

/** Laws 1 and 2, of what a killed process left: all places agree, on no less than was acknowledged. */
async function expectWhole(path: string, acknowledged: number): Promise<number> {
  const store = await openStore(path)
  try {
    const reader = store.reader()
    const count = reader.progress('shop')?.transaction ?? 0
    expect(count).toBeGreaterThanOrEqual(acknowledged)
    expect(idsIn(reader, 'shop.orders')).toEqual(range(1, count))
    expect(idsIn(reader, 'shop.items')).toEqual(range(1, count))
    expect([...reader.segments('totals')].map(({ bytes }) => Number(new TextDecoder().decode(bytes)))).toEqual(range(1, count))
    expect(reader.control('select n from told order by n').map(({ n }) => n)).toEqual(range(1, count))
    expect(reader.cut()).toBe(count)
    return count
  } finally {
    await store.close()
  }
}

test.each([
  ['store.before-commit:2', 0],
  ['store.after-commit:2', 1],
  ['store.before-commit:20', 1],
  ['store.after-commit:20', 1],
])('laws 1 and 2: killed at %s, nothing acknowledged is missing and no set is half there', async (point, least) => {
  const path = freshPath()
  const child = startChild('./committing-process.ts', { args: [path], env: { MILLRACE_CRASH_AT: point } })
  expect(await child.ended).toBe('SIGKILL')
  expect(await expectWhole(path, child.lines.length)).toBeGreaterThanOrEqual(least)
})

test('laws 1 and 2: killed again and again at any moment, the store goes on where it was', async () => {
  const path = freshPath()
  let acknowledged = 0
  for (const delay of [40, 150, 3, 90]) {
    const child = startChild('./committing-process.ts', { args: [path] })
    await child.line((line) => Number(line) >= acknowledged + delay)
    child.kill()
    await child.ended
    const last = Math.max(...child.lines.map(Number))
    acknowledged = await expectWhole(path, last)
  }
  expect(acknowledged).toBeGreaterThan(280)
})
