/** Hosts that die, and what the next one makes of what they left. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAgent } from './agent.ts'
import { TestDoor, until } from './fixtures/door.ts'
import { isLeft, OWNER } from './spill-owner.ts'

const HOST = fileURLToPath(new URL('./fixtures/host-process.ts', import.meta.url))
const KILLS = 25

let door: TestDoor
let folder: string

beforeEach(async () => {
  door = await TestDoor.open()
  folder = mkdtempSync(join(tmpdir(), 'agent-crash-'))
})

afterEach(async () => {
  await door.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Host {
  readonly child: ChildProcess
  safe: number
}

function startHost(life: number, mode = 'run'): Host {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', HOST, door.url, folder, String(life), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const host: Host = { child, safe: 0 }
  createInterface({ input: child.stdout }).on('line', (line) => {
    host.safe = Number(line)
  })
  return host
}

/** Delivers what is left on the disk. */
async function drain(): Promise<void> {
  const agent = createAgent({ url: door.url, token: 't', diskFolder: folder, startJitterMs: 0, retryBaseMs: 20, retryLimitMs: 100 })
  expect(await agent.flush({ timeoutMs: 30_000 })).toBe(true)
  expect(await agent.close()).toBe(true)
}

const numbersOf = (life: number): unknown[] =>
  door
    .of('click')
    .filter((event) => event['life'] === life)
    .map(({ n }) => n)

it(`${KILLS} kills of the host lose nothing that was said to be safe, and repeat nothing`, async () => {
  let loss = 0
  // Now and then an answer is lost after the events were taken.
  door.answerBy = ({ method }) => (method === 'POST' && ++loss % 7 === 0 ? 'after-taking' : null)
  const safe: number[] = []
  for (let life = 0; life < KILLS; life += 1) {
    const host = startHost(life)
    const closed = once(host.child, 'close')
    await until(() => host.safe >= 25 + (life % 5) * 100)
    host.child.kill('SIGKILL')
    await closed
    safe.push(host.safe)
  }
  await drain()
  for (const [life, count] of safe.entries()) {
    const numbers = numbersOf(life)
    expect(numbers.length).toBeGreaterThanOrEqual(count)
    expect(numbers).toEqual(numbers.map((_, n) => n))
  }
  expect(readdirSync(folder).filter((name) => name.includes('@'))).toEqual([])
}, 120_000)

it('a host that ends by itself leaves all of its events, said to be safe or not', async () => {
  door.answerBy = () => ({ status: 503 })
  const { child } = startHost(0, 'exit')
  await once(child, 'close')
  door.answerBy = () => null
  await drain()
  expect(numbersOf(0)).toEqual(Array.from({ length: 100 }, (_, n) => n))
})

it("a running host's files are not taken by another, and a dead one's are taken by one alone", async () => {
  door.answerBy = () => ({ status: 503 })
  const host = startHost(0)
  const closed = once(host.child, 'close')
  await until(() => host.safe >= 100)
  const before = readdirSync(folder).filter((name) => name.includes('@'))
  const problems: string[] = []
  const options = { url: door.url, token: 't', diskFolder: folder, startJitterMs: 0, retryBaseMs: 20, retryLimitMs: 100 }
  const agents = [1, 2, 3].map(() =>
    createAgent({ ...options, onProblem: ({ kind, message }) => kind === 'disk' && problems.push(message) }),
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(readdirSync(folder).filter((name) => before.includes(name))).toEqual(before)
  host.child.kill('SIGKILL')
  await closed
  door.answerBy = () => null
  expect(await Promise.all(agents.map((agent) => agent.flush({ timeoutMs: 20_000 })))).toEqual([true, true, true])
  await until(() => numbersOf(0).length >= host.safe)
  await Promise.all(agents.map((agent) => agent.close()))
  expect(numbersOf(0)).toEqual(numbersOf(0).map((_, n) => n))
  expect(problems).toEqual([])
})

it('an owner is gone when its process is, also where its number was given away anew', () => {
  const [pid, start, machine] = OWNER.split('-')
  expect(isLeft(folder, OWNER)).toBe(false)
  expect(isLeft(folder, 'free')).toBe(true)
  expect(isLeft(folder, `999999999-1-${machine}`)).toBe(true)
  expect(isLeft(folder, `${pid}-${Number(start) - 1}-${machine}`)).toBe(true)
  // Of another machine nothing is known but that its folder still moves.
  expect(isLeft(folder, `999999999-1-elsewhere`)).toBe(false)
})
