/** Look-ups by key over connections that are kept, one in flight on each. Prints one line of JSON. */
import { connect, type Socket } from 'node:net'
import { type LookUpOrder, type LookUpResult, monotonicMs } from './protocol.ts'
import { percentile } from './percentile.ts'

const order = JSON.parse(process.argv[2] ?? '{}') as LookUpOrder
const took: number[] = []
let left = order.lookups

await Promise.all(Array.from({ length: order.connections }, (_, at) => work(at, Math.ceil(order.lookups / 20 / order.connections))))
took.length = 0
left = order.lookups
const startedMs = monotonicMs()
await Promise.all(Array.from({ length: order.connections }, (_, at) => work(at, Infinity)))
const seconds = (monotonicMs() - startedMs) / 1000
const result: LookUpResult = { perSecond: Math.round(took.length / seconds), p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99) }
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))

async function work(seed: number, limit: number): Promise<void> {
  const socket = connect(order.port, '127.0.0.1').setNoDelay(true)
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  for (let asked = 0; asked < limit && left > 0; asked += 1) {
    left -= 1
    const key = (seed * 7_919 + asked * 104_729) % order.rows
    const sentMs = monotonicMs()
    await answered(socket, `GET /api/models/latest/rows?key=${key} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`)
    took.push(monotonicMs() - sentMs)
  }
  socket.destroy()
}

function answered(socket: Socket, request: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (data: Buffer): void => {
      text += data.toString('latin1')
      const body = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? -1)
      if (body < 0 || text.length < body + 4 + length) return
      socket.off('data', onData)
      if (text.startsWith('HTTP/1.1 200') && text.includes('"rows":[{')) resolve()
      else reject(new Error(text.slice(0, 400)))
    }
    socket.on('data', onData)
    socket.write(request)
  })
}
