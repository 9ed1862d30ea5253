/** The child of `startReceiverProcess`: options come as the first line in, addresses go as the first line out. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { type Behaviour, type ReceiverOptions, startReceiver } from './receiver.ts'

const input = createInterface({ input: process.stdin })
input.once('close', () => process.exit(0))
const [line] = (await once(input, 'line')) as [string]
const receiver = await startReceiver(JSON.parse(line) as ReceiverOptions)

const control = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://control')
  let body = ''
  request.on('data', (chunk: Buffer) => (body += chunk.toString()))
  request.on('end', () => {
    const told: unknown = body === '' ? null : JSON.parse(body)
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /stats':
        return void response.end(JSON.stringify(receiver.stats()))
      case 'GET /rows':
        for (const row of receiver.rows(url.searchParams.get('stream') ?? '')) response.write(`${JSON.stringify(row)}\n`)
        return void response.end()
      case 'POST /behave':
        receiver.behave(told as Behaviour)
        return void response.end()
      case 'POST /trust':
        receiver.trust(told as string[])
        return void response.end()
      case 'POST /reset-latency':
        receiver.resetLatency()
        return void response.end()
      default:
        return void response.writeHead(404).end()
    }
  })
})
control.listen({ port: 0, host: '127.0.0.1' })
await once(control, 'listening')
const { port } = control.address() as AddressInfo
process.stdout.write(`${JSON.stringify({ url: receiver.url, control: `http://127.0.0.1:${port}` })}\n`)
