import { describe, expect, it } from 'vitest'
import { SchemaDesk } from './schema-desk.ts'

/** A registry behind a network that answers when it is told to. */
class SlowRegistry {
  readonly reads: string[] = []
  atOnce = 0
  peak = 0
  readonly #waiting: (() => void)[] = []

  read = async (name: string): Promise<string | null> => {
    this.reads.push(name)
    this.atOnce += 1
    this.peak = Math.max(this.peak, this.atOnce)
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.atOnce -= 1
    if (name.startsWith('broken')) throw new TypeError('the registry')
    return name.startsWith('none') ? null : `page of ${name}`
  }

  async answerAll(): Promise<void> {
    for (let round = 0; round < 1000; round += 1) {
      this.#waiting.shift()?.()
      await Promise.resolve()
    }
  }
}

describe('the desk', () => {
  it('reads a schema once, however many ask while it is read and afterwards', async () => {
    const registry = new SlowRegistry()
    const desk = new SchemaDesk({ read: registry.read })
    const asked = Array.from({ length: 5000 }, () => desk.page('a'))
    await registry.answerAll()
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['page of a']))
    expect(await desk.page('a')).toBe('page of a')
    expect(registry.reads).toEqual(['a'])
    expect(desk.counts().get('a')).toEqual({ asked: 5001, read: 1 })
  })

  it('reads only so many at once, and turns away who would wait beyond the bound', async () => {
    const registry = new SlowRegistry()
    const desk = new SchemaDesk({ read: registry.read, readsAtOnce: 2, waitingLimit: 3 })
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const asked = Promise.allSettled(names.map((name) => desk.page(name)))
    await registry.answerAll()
    const outcomes = await asked
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected', 'rejected'])
    expect(outcomes[6]).toMatchObject({ reason: { code: 'AGENT_SCHEMAS_BUSY', retry: 'backoff' } })
    expect(registry.peak).toBe(2)
    expect(desk.turnedAway).toBe(2)
    const again = desk.page('g')
    await registry.answerAll()
    expect(await again).toBe('page of g')
  })

  it('bounds who waits for one reading, too', async () => {
    const registry = new SlowRegistry()
    const desk = new SchemaDesk({ read: registry.read, askersLimit: 10 })
    const asked = Promise.allSettled(Array.from({ length: 12 }, () => desk.page('a')))
    await registry.answerAll()
    expect((await asked).filter(({ status }) => status === 'rejected')).toHaveLength(2)
  })

  it('keeps no failure and no absence: the next one asks again', async () => {
    const registry = new SlowRegistry()
    const desk = new SchemaDesk({ read: registry.read })
    for (const name of ['broken', 'none', 'none']) {
      const asked = desk.page(name).catch(() => 'failed')
      await registry.answerAll()
      expect(await asked).toBe(name === 'broken' ? 'failed' : null)
    }
    expect(registry.reads).toEqual(['broken', 'none', 'none'])
    expect(desk.counts().size).toBe(0)
  })

  it('keeps so many pages, and lets go of those that were not asked for the longest', async () => {
    const registry = new SlowRegistry()
    const desk = new SchemaDesk({ read: registry.read, pagesLimit: 2 })
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) {
      const asked = desk.page(name)
      await registry.answerAll()
      await asked
    }
    expect(registry.reads).toEqual(['a', 'b', 'c', 'b'])
  })
})
