/**
 * Law 8, measured: the heap while a receiver takes nothing, before and after the backlog grows tenfold.
 * `node packages/deliver/bench/memory.ts`
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DeliverySetup } from '../src/testing/delivery-setup.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => setTimeout(() => response.writeHead(204).end(), 100))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const setup = await DeliverySetup.open()
const { stage } = setup.deliver({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
for (const more of [20_000, 180_000, 200_000]) {
  await setup.appendOrders(more)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  const { backlog, changes } = stage.observe()[0] ?? {}
  process.stdout.write(
    `${JSON.stringify({ backlog, changes, heapMb: Math.round(heapUsed / 1e5) / 10, externalMb: Math.round(external / 1e5) / 10 })}\n`,
  )
}
await setup.close()
server.closeAllConnections()
server.close()
