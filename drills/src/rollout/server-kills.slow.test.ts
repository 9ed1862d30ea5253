/** Real agents before a real server that is killed, at every point between a batch's arrival and its answer. */
import { createAgent } from '@millrace/agent'
import { changeAt } from '@millrace/core'
import { openReader } from '@millrace/store'
import { freePort } from '@millrace/testing'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { LOG_STREAM, STREAM, TOKEN, writeProject } from './project.ts'
import { ServerProcess } from './server-process.ts'

const POINTS = [
  'agent.before-commit:2',
  'store.before-commit:6',
  'store.after-commit:5',
  'agent.before-answer:2',
  'store.after-commit:9',
  'agent.before-answer:1',
]

let folder: string
let server: ServerProcess | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'server-kills-'))
  mkdirSync(join(folder, 'project'))
})

afterEach(async () => {
  await server?.kill()
  rmSync(folder, { recursive: true, force: true })
})

it(`${POINTS.length} kills of the server lose and repeat nothing of what agents sent meanwhile`, async () => {
  const port = await freePort()
  const project = join(folder, 'project')
  const start = (crashAt?: string): Promise<ServerProcess> =>
    ServerProcess.start({ folder: project, logPath: join(folder, 'log'), ...(crashAt === undefined ? {} : { crashAt }) })
  writeProject({ folder: project, port, version: 1 })
  const common = {
    url: `http://127.0.0.1:${port}`,
    token: TOKEN,
    startJitterMs: 0,
    schemaJitterMs: 50,
    retryBaseMs: 30,
    retryLimitMs: 200,
    flushMs: 40,
  }
  const agents = [createAgent(common), createAgent({ ...common, diskFolder: join(folder, 'spill') }), createAgent(common)]
  const sent = agents.map(() => 0)
  const sending = setInterval(() => {
    for (const [at, agent] of agents.entries()) {
      for (let each = 0; each < 10; each += 1) {
        agent.send(STREAM, { agent: at, event: sent[at], page: '/', at: new Date() })
        sent[at] = (sent[at] as number) + 1
      }
    }
  }, 20)
  for (const point of POINTS) {
    server = await start(point)
    await server.ended()
  }
  server = await start()
  clearInterval(sending)
  expect(await Promise.all(agents.map((agent) => agent.close({ timeoutMs: 60_000 })))).toEqual([true, true, true])
  expect(agents.map((agent) => agent.stats().dropped)).toEqual([0, 0, 0])
  await server.stop()
  const events = eventsByAgent(join(project, '.millrace/store.db'))
  for (const [at, count] of sent.entries()) expect(events.get(at)).toEqual(Array.from({ length: count }, (_, event) => event))
}, 180_000)

/** In the order of the log. */
function eventsByAgent(storePath: string): ReadonlyMap<number, number[]> {
  const events = new Map<number, number[]>()
  const reader = openReader(storePath)
  for (const stored of reader.read(LOG_STREAM)) {
    const batch = stored.batch()
    for (let row = 0; row < batch.count; row += 1) {
      const [agent, event] = changeAt(batch, row).after
      const list = events.get(Number(agent)) ?? []
      events.set(Number(agent), list)
      list.push(Number(event))
    }
  }
  reader.close()
  return events
}
