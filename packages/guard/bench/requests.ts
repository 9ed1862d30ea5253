/**
 * How many requests a second pass the door, beside the bare `node:http` client, against a server in a
 * process of its own. `node packages/guard/bench/requests.ts [requests] [concurrency]`
 */
import { fork } from 'node:child_process'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Door } from '../src/index.ts'

const BODY = JSON.stringify({ id: 'msg_example', after: { order_id: 17, state: 'new', total: '19.99' }, filler: 'x'.repeat(300) })

if (process.argv[2] === 'serve') {
  const server = createServer((asked, response) => {
    asked.resume()
    asked.on('end', () => response.writeHead(204).end())
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
} else {
  const requests = Number(process.argv[2] ?? 40_000)
  const concurrency = Number(process.argv[3] ?? 32)
  const child = fork(import.meta.filename, ['serve'])
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(message as number)))
  const door = new Door({ allowInside: ['127.0.0.1'] })
  const agent = new Agent({ keepAlive: true })
  const url = `http://127.0.0.1:${port}/hook`
  const headers = {
    'content-type': 'application/json',
    'webhook-id': 'msg_example',
    'webhook-timestamp': '1700000000',
    'webhook-signature': 'v1,x',
  }
  const bare = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const client = request(url, { agent, method: 'POST', headers }, (response) => response.resume().on('end', resolve))
      client.on('error', reject)
      client.end(BODY)
    })
  const guarded = (): Promise<unknown> => door.send({ url, method: 'POST', headers, body: BODY, timeoutMs: 15_000 })
  for (const [name, send] of Object.entries({ bare, guarded, 'bare again': bare, 'guarded again': guarded })) {
    process.stdout.write(`${name} ${JSON.stringify(await measured(send, requests, concurrency))}\n`)
  }
  door.close()
  agent.destroy()
  child.disconnect()
}

async function measured(send: () => Promise<unknown>, requests: number, concurrency: number): Promise<unknown> {
  let left = requests
  const cpu = process.cpuUsage()
  const began = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await send()
    }),
  )
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: Math.round(requests / ((performance.now() - began) / 1000)), cpuMicros: Math.round((user + system) / requests) }
}
