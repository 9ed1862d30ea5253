/** Some thousand subscribers over bare sockets, so that what is measured is the server. */
import { connect, type Socket } from 'node:net'
import { type FromSubscribers, monotonicMs, type SubscribersOrder, TICK_PATTERN, type TickTold } from './protocol.ts'

const CONNECTING_AT_ONCE = 100

const order = JSON.parse(process.argv[2] ?? '{}') as SubscribersOrder
const times = new Map<number, number[]>()
const tell = (message: FromSubscribers): void => void process.send?.(message)
let whole = 0

const startedMs = monotonicMs()
const sockets: Socket[] = []
for (let from = 0; from < order.subscribers; from += CONNECTING_AT_ONCE) {
  const count = Math.min(CONNECTING_AT_ONCE, order.subscribers - from)
  sockets.push(...(await Promise.all(Array.from({ length: count }, () => opened()))))
}
tell({ kind: 'ready', tookMs: monotonicMs() - startedMs })

/** Resolves when the snapshot is whole. */
function opened(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(order.port, '127.0.0.1')
    let rest = ''
    let isReady = false
    socket.on('error', reject)
    socket.write('GET /api/models/latest/changes HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    socket.on('data', (data) => {
      const text = rest + data.toString('latin1')
      if (!isReady && text.includes('"type":"snapshot"')) {
        isReady = true
        resolve(socket)
      }
      rest = text.slice(text.lastIndexOf('\n') + 1)
      for (const match of text.slice(0, text.length - rest.length).matchAll(TICK_PATTERN)) note(Number(match[1]))
    })
  })
}

function note(tick: number): void {
  const told = times.get(tick) ?? []
  times.set(tick, told)
  told.push(monotonicMs())
  if (tick > 0 && told.length === order.subscribers) whole += 1
  if (whole === order.ticks) finish()
}

function finish(): void {
  const ticks = [...times].map(([tick, told]): TickTold => {
    told.sort((left, right) => left - right)
    return { tick, told: told.length, lastMs: told.at(-1) ?? 0, medianMs: told[Math.floor(told.length / 2)] ?? 0 }
  })
  process.send?.({ kind: 'told', ticks } satisfies FromSubscribers, () => {
    for (const socket of sockets) socket.destroy()
    process.exit(0)
  })
}
