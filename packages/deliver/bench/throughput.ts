/**
 * How many deliveries a second, with every attempt durable, against a receiver in a process of its own.
 * `node packages/deliver/bench/throughput.ts [changes] [concurrency]`
 */
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DeliverySetup, until } from '../src/testing/delivery-setup.ts'

if (process.argv[2] === 'receive') {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(204).end())
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
} else {
  await measure(Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 32))
}

async function measure(changes: number, concurrency: number): Promise<void> {
  const child = fork(import.meta.filename, ['receive'])
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve(message as number)))
  const setup = await DeliverySetup.open()
  try {
    await setup.appendOrders(changes)
    const cpu = process.cpuUsage()
    const began = performance.now()
    const { stage } = setup.deliver({ url: `http://127.0.0.1:${port}/`, concurrency })
    await until(() => stage.observe()[0]?.changes === changes, 300_000)
    const seconds = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const { replyP50Ms, replyP99Ms } = stage.observe()[0]?.evidence ?? {}
    const figures = {
      changes,
      concurrency,
      perSecond: Math.round(changes / seconds),
      cpuMicrosPerDelivery: Math.round((user + system) / changes),
      replyP50Ms,
      replyP99Ms,
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
  } finally {
    await setup.close()
    child.disconnect()
  }
}
