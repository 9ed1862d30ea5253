/** The agent against a real HTTP server that answers, refuses, hangs, goes and comes. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFaultProxy } from '@millrace/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Agent, createAgent } from './agent.ts'
import { TestDoor, until } from './fixtures/door.ts'
import type { Drop } from './options.ts'

const QUICK = { startJitterMs: 0, schemaJitterMs: 0, retryBaseMs: 20, retryLimitMs: 100, token: 'token' }
const SCHEMA = {
  id: 'a'.repeat(32),
  columns: [
    { name: 'n', type: 'int32', nullable: false },
    { name: 'note', type: 'text', nullable: true },
  ],
}

let door: TestDoor
let folder: string
const agents: Agent[] = []
const drops: Drop[] = []

function agentOf(options: Partial<Parameters<typeof createAgent>[0]> = {}): Agent {
  const agent = createAgent({ ...QUICK, url: door.url, onDrop: (drop) => drops.push(drop), ...options })
  agents.push(agent)
  return agent
}

function sendNumbers(agent: Agent, from: number, to: number): void {
  for (let n = from; n < to; n += 1) agent.send('click', { n })
}

function expectNumbers(count: number): void {
  expect(door.of('click').map(({ n }) => n)).toEqual(Array.from({ length: count }, (_, n) => n))
}

beforeEach(async () => {
  door = await TestDoor.open()
  folder = mkdtempSync(join(tmpdir(), 'agent-'))
})

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close({ timeoutMs: 0 })))
  await door.close()
  rmSync(folder, { recursive: true, force: true })
  drops.length = 0
})

describe.each(['memory', 'disk'] as const)('delivery from %s', (kind) => {
  const where = (): { diskFolder?: string } => (kind === 'disk' ? { diskFolder: join(folder, 'spill') } : {})

  it('brings every event once and in order, with what it was when it was sent', async () => {
    const agent = agentOf(where())
    const event = { n: 0, text: 'ä\n"€' }
    for (event.n = 0; event.n < 2000; event.n += 1) agent.send('click', event)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    expectNumbers(2000)
    expect(door.of('click')[7]?.['text']).toBe('ä\n"€')
    expect(agent.stats()).toMatchObject({ sent: 2000, accepted: 2000, waiting: 0, memoryBytes: 0, diskBytes: 0 })
  })

  it('lets a batch leave after its time without being asked', async () => {
    const agent = agentOf({ ...where(), flushMs: 50 })
    agent.send('click', { n: 0 })
    await until(() => door.ledger.length === 1)
    expect(agent.stats().sent).toBe(1)
  })

  it('sends the same numbers again where an answer was lost', async () => {
    let losses = 0
    door.answerBy = ({ method }) => (method === 'POST' && losses++ < 3 ? 'after-taking' : null)
    const agent = agentOf(where())
    sendNumbers(agent, 0, 500)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    expectNumbers(500)
    expect(agent.stats().retries).toBe(3)
  })

  it('waits for a server that is away, and for one that comes and goes', async () => {
    const { port } = door
    await door.close()
    const agent = agentOf({ ...where(), url: `http://127.0.0.1:${port}` })
    sendNumbers(agent, 0, 100)
    await until(() => agent.stats().retries >= 2)
    door = await TestDoor.open(port)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    const { ledger } = door
    await door.close()
    sendNumbers(agent, 100, 200)
    await until(() => agent.stats().retries >= 4)
    door = await TestDoor.open(port)
    door.ledger.push(...ledger)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    expectNumbers(200)
    expect(agent.stats().dropped).toBe(0)
  })

  it('keeps to Retry-After, and comes back', async () => {
    door.answerBy = ({ method }) =>
      method === 'POST' && door.requests.filter((each) => each.method === 'POST').length === 1
        ? { status: 503, headers: { 'retry-after': '1' } }
        : null
    const agent = agentOf(where())
    sendNumbers(agent, 0, 10)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    const [first, second] = door.requests.filter(({ method }) => method === 'POST')
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990)
    expectNumbers(10)
  })

  it('gives up on a request that is never answered, and makes it again', async () => {
    let hangs = 0
    door.answerBy = ({ method }) => (method === 'POST' && hangs++ === 0 ? 'hang' : null)
    const agent = agentOf({ ...where(), requestTimeoutMs: 200 })
    sendNumbers(agent, 0, 10)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    expectNumbers(10)
  })

  it('drops a batch that is refused for good, says so, and goes on with the next', async () => {
    let answers = 0
    door.answerBy = ({ method }) => (method === 'POST' && answers++ === 0 ? { status: 400 } : null)
    const agent = agentOf(where())
    sendNumbers(agent, 0, 10)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    sendNumbers(agent, 10, 20)
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    await until(() => drops.length > 0)
    expect(drops).toEqual([{ reason: 'refused', stream: '', events: 10 }])
    expect(door.of('click').map(({ n }) => n)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  })

  it('asks for the token anew each time, so that it may rotate', async () => {
    let token = 'old'
    door.answerBy = ({ headers }) => (headers['authorization'] === 'Bearer new' ? null : { status: 401 })
    const problems: string[] = []
    const agent = agentOf({ ...where(), token: () => token, onProblem: (problem) => problems.push(problem.kind) })
    sendNumbers(agent, 0, 10)
    await until(() => problems.includes('token'))
    token = 'new'
    expect(await agent.flush({ timeoutMs: 10_000 })).toBe(true)
    expectNumbers(10)
  })

  it('survives a bad network, with nothing lost and nothing twice', async () => {
    const proxy = await startFaultProxy({ target: { port: door.port }, toTarget: { sliceBytes: 700 } })
    const agent = agentOf({ ...where(), url: `http://127.0.0.1:${proxy.port}`, requestTimeoutMs: 500, batchBytesMax: 4096 })
    let n = 0
    for (const faults of [
      { toTarget: { resetAfterBytes: 900 } },
      { toClient: { swallow: true } },
      { refuse: true },
      { toClient: { resetAfterBytes: 30 } },
      {},
    ]) {
      proxy.behave(faults)
      sendNumbers(agent, n, n + 300)
      n += 300
      const retries = agent.stats().retries
      if (Object.keys(faults).length > 0) await until(() => agent.stats().retries >= retries + 2)
    }
    expect(await agent.flush({ timeoutMs: 90_000 })).toBe(true)
    await proxy.close()
    expectNumbers(1500)
  })
})

describe('schemas', () => {
  it('are asked for once, and then used to write events without their names', async () => {
    door.schemas.set('click', SCHEMA)
    const agent = agentOf()
    sendNumbers(agent, 0, 10)
    await until(() => agent.stats().schemas['click'] === SCHEMA.id)
    await agent.flush()
    sendNumbers(agent, 10, 20)
    agent.send('click', { n: 20, other: true })
    agent.send('click', { n: 'twenty-one' })
    await agent.flush()
    expect(door.ledger.map(({ schema }) => schema)).toEqual([...Array(10).fill(null), ...Array(10).fill(SCHEMA.id), null, null])
    expect(door.of('click').slice(19)).toEqual([{ n: 19, note: null }, { n: 20, other: true }, { n: 'twenty-one' }])
    expect(door.requests.filter(({ method }) => method === 'GET').map(({ path }) => path)).toEqual(['/agent/v1/schemas/click'])
  })

  it('are learnt anew when the server names another, without a new client', async () => {
    door.schemas.set('click', SCHEMA)
    const agent = agentOf()
    sendNumbers(agent, 0, 1)
    await until(() => agent.stats().schemas['click'] === SCHEMA.id)
    const newer = { id: 'b'.repeat(32), columns: [...SCHEMA.columns, { name: 'region', type: 'text', nullable: true }] }
    door.schemas.set('click', newer)
    sendNumbers(agent, 1, 2)
    await until(() => agent.stats().schemas['click'] === newer.id)
    agent.send('click', { n: 2, region: 'north' })
    await agent.flush()
    expect(door.ledger.at(-1)).toMatchObject({ schema: newer.id, event: { n: 2, note: null, region: 'north' } })
    expect(door.requests.at(-2)?.path).toBe(`/agent/v1/schemas/ids/${newer.id}`)
  })

  it('are kept on disk, so that a restart asks only whether they are still so', async () => {
    door.schemas.set('click', SCHEMA)
    const first = agentOf({ diskFolder: folder })
    sendNumbers(first, 0, 1)
    await until(() => first.stats().schemas['click'] === SCHEMA.id && readdirSync(join(folder, 'schemas')).includes('click.json'))
    await first.close()
    const second = agentOf({ diskFolder: folder })
    sendNumbers(second, 1, 2)
    await until(() => door.requests.filter(({ method }) => method === 'GET').length === 2)
    expect(door.requests.findLast(({ method }) => method === 'GET')?.headers['if-none-match']).toBe(`"${SCHEMA.id}"`)
    expect(second.stats().schemas['click']).toBe(SCHEMA.id)
  })
})

describe('the disk', () => {
  it('holds what memory has no room for, and says when even that is full', async () => {
    await door.close()
    const agent = agentOf({ diskFolder: folder, memoryBytesMax: 200_000, diskBytesMax: 1_000_000, flushMs: 20 })
    let taken = 0
    while (agent.stats().dropped === 0 || agent.stats().diskBytes < 900_000) {
      for (let each = 0; each < 20; each += 1) if (agent.send('click', { n: taken, text: 'x'.repeat(500) })) taken += 1
      await agent.save()
    }
    expect(taken).toBeGreaterThan(1500)
    expect(agent.stats().memoryBytes).toBeLessThanOrEqual(200_000)
    door = await TestDoor.open()
    await agent.close({ timeoutMs: 0 })
    const heir = agentOf({ diskFolder: folder, url: door.url })
    expect(await heir.flush({ timeoutMs: 20_000 })).toBe(true)
    expectNumbers(taken)
  })

  it('is left clean once all was accepted', async () => {
    const agent = agentOf({ diskFolder: folder })
    sendNumbers(agent, 0, 100)
    await agent.close()
    expect(readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory() && name !== 'schemas')).toEqual([])
  })
})
