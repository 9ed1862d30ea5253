import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { AgentError } from './agent-error.ts'
import { type Agent, createAgent } from './agent.ts'
import { until } from './fixtures/door.ts'
import type { Drop } from './options.ts'

/** Nobody listens on the discard port: the server is away for ever. */
const AWAY = 'http://127.0.0.1:9'

const agents: Agent[] = []
const drops: Drop[] = []

function agentOf(options: Partial<Parameters<typeof createAgent>[0]> = {}): Agent {
  const agent = createAgent({ url: AWAY, token: 't', startJitterMs: 3_600_000, onDrop: (drop) => drops.push(drop), ...options })
  agents.push(agent)
  return agent
}

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close({ timeoutMs: 0 })))
  drops.length = 0
})

describe('send', () => {
  it('never throws, whatever it is given, and says what it could not take', async () => {
    const agent = agentOf()
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    const trap = {
      get value(): never {
        throw new TypeError('no')
      },
    }
    const deep: Record<string, unknown> = {}
    let at = deep
    for (let depth = 0; depth < 50_000; depth += 1) at = at['in'] = {} as Record<string, unknown>
    const evil = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new TypeError('no')
        },
      },
    )
    const bad = [
      circle,
      trap,
      deep,
      evil,
      null,
      undefined,
      7,
      'text',
      [1],
      () => 1,
      Symbol('s'),
      { toJSON: () => 'x' },
      { toJSON: () => undefined },
    ]
    for (const event of bad) expect(agent.send('checkout', event as object)).toBe(false)
    for (const stream of ['', 'Big', '1st', 'a b', 'x'.repeat(64), null, undefined, 7, {}])
      expect(agent.send(stream as string, {})).toBe(false)
    await until(() => drops.length > 0)
    expect(agent.stats().drops).toEqual({ unserialisable: bad.length, 'stream-name': 9 })
    expect(drops).toContainEqual({ reason: 'unserialisable', stream: 'checkout', events: bad.length })
  })

  it('takes whole numbers that JSON lacks, as text', () => {
    const agent = agentOf()
    expect(agent.send('checkout', { id: 2n ** 62n })).toBe(true)
    expect(agent.stats().dropped).toBe(0)
  })

  it('drops an event that is too large, and one more than the queue holds, and counts them', () => {
    const agent = agentOf({ eventBytesMax: 1000, memoryBytesMax: 10_000 })
    expect(agent.send('checkout', { text: 'x'.repeat(1000) })).toBe(false)
    let taken = 0
    while (agent.send('checkout', { text: 'x'.repeat(500) })) taken += 1
    expect(taken).toBeGreaterThan(10)
    expect(agent.stats().memoryBytes).toBeLessThanOrEqual(10_000)
    expect(agent.stats().drops).toEqual({ 'too-large': 1, full: 1 })
  })

  it('keeps its bound after events were sealed', async () => {
    const agent = agentOf({ memoryBytesMax: 10_000, flushMs: 1 })
    for (let round = 0; round < 50; round += 1) {
      agent.send('checkout', { text: 'x'.repeat(500) })
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(agent.stats().memoryBytes).toBeLessThanOrEqual(10_000)
    expect(agent.stats().drops.full).toBeGreaterThan(0)
  })

  it('is not held up by a host whose own callback throws', async () => {
    let told = 0
    const agent = agentOf({
      onDrop: () => {
        told += 1
        throw new TypeError('the host')
      },
    })
    agent.send('checkout', 1 as unknown as object)
    await until(() => told === 1)
    expect(agent.send('checkout', {})).toBe(true)
  })

  it('drops what comes after the end, and what the end could not send', async () => {
    const agent = agentOf()
    agent.send('checkout', {})
    expect(await agent.close({ timeoutMs: 10 })).toBe(false)
    expect(agent.send('checkout', {})).toBe(false)
    expect(agent.stats().drops).toEqual({ closed: 2 })
  })

  it('says that nothing is safe where there is no disk', async () => {
    const agent = agentOf()
    agent.send('checkout', {})
    expect(await agent.save()).toBe(false)
  })
})

describe('createAgent', () => {
  it('refuses what could never work, with the way out', () => {
    expect(() => createAgent({ url: 'nowhere', token: 't' })).toThrow(AgentError)
    expect(() => createAgent({ url: 'ftp://host', token: 't' })).toThrow(/address/)
    expect(() => createAgent({ url: AWAY, token: '' })).toThrow(/token/)
  })

  it('goes on in memory where the disk cannot be used', () => {
    const problems: string[] = []
    const agent = agentOf({ diskFolder: join(import.meta.filename, 'in-a-file'), onProblem: ({ kind }) => problems.push(kind) })
    expect(agent.send('checkout', {})).toBe(true)
    expect(problems).toEqual(['disk'])
  })
})
