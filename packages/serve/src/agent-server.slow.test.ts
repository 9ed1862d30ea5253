import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { AgentApi } from './agent-api.ts'
import { AGENT_LIMITS } from './agent-limits.ts'
import { startAgentServer } from './agent-server.ts'

const api: AgentApi = {
  teamOf: () => Promise.resolve('shop'),
  take: () => Promise.resolve({ accepted: 0, repeated: 0, parked: 0, schemas: {} }),
  schemaOf: () => Promise.resolve(null),
  schemaById: () => Promise.resolve(null),
}

const HEAD = 'POST /agent/v1/batches HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\n'

it('drips of a head or of a body, letter by letter, do not hold a connection', async () => {
  const server = await startAgentServer({ api, host: '127.0.0.1', port: 0 })
  const whole = `${HEAD}millrace-agent: ${'a'.repeat(32)}\r\ncontent-length: 100000\r\n\r\n`
  const started = Date.now()
  const drip = (first: string, letter: string): Promise<number> => {
    const socket: Socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.resume()
    socket.write(first)
    const timer = setInterval(() => socket.write(letter), 200)
    return new Promise((resolve) => {
      socket.once('close', () => {
        clearInterval(timer)
        resolve(Date.now() - started)
      })
    })
  }
  const [head, body] = await Promise.all([drip(HEAD, 'x'), drip(whole, 'x')])
  expect(head).toBeLessThan(AGENT_LIMITS.headersMs + AGENT_LIMITS.checkMs + 4000)
  expect(body).toBeLessThan(AGENT_LIMITS.requestMs + AGENT_LIMITS.checkMs + 4000)
  expect(server.evidence()['connections']).toBe(0)
  await server.close()
}, 60_000)

it('a process that may open few files turns connections away and goes on with those that it has', async () => {
  const program = fileURLToPath(new URL('./fixtures/agent-server-process.ts', import.meta.url))
  const command = `ulimit -n 64; exec "${process.execPath}" --disable-warning=ExperimentalWarning "${program}"`
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(line)
  const url = `http://127.0.0.1:${port}/agent/v1/schemas/click`
  const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(child.exitCode).toBeNull()
  for (const socket of sockets) socket.destroy()
  const ask = (): Promise<number> =>
    fetch(url, { headers: { authorization: 'Bearer t' } }).then(
      ({ status }) => status,
      () => 0,
    )
  while ((await ask()) !== 200) expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  await exited
}, 60_000)
