import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FaultProxy, type Faults, startFaultProxy } from './fault-proxy.ts'

let echo: Server
let proxy: FaultProxy
/** What the echoing server has heard, and which of its connections are open. */
const served: { pieces: number; open: Set<Socket> } = { pieces: 0, open: new Set() }

beforeAll(async () => {
  echo = createServer((socket) => {
    served.open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => served.open.delete(socket))
    socket.on('data', (piece) => {
      served.pieces += 1
      socket.write(piece)
    })
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
})

afterEach(async () => {
  await proxy.close()
})

afterAll(() => {
  echo.close()
})

async function open(faults: Faults): Promise<Socket> {
  proxy = await startFaultProxy({ target: { port: (echo.address() as AddressInfo).port }, ...faults })
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Unlike `once`, also where it closes with an error. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function heard(socket: Socket, length: number): Promise<string> {
  let text = ''
  while (text.length < length) text += ((await once(socket, 'data')) as [Buffer])[0].toString()
  return text
}

test('a perfect line carries every byte, both ways, and its end', async () => {
  const socket = await open({})
  const long = 'x'.repeat(300_000)
  socket.write(long)
  expect(await heard(socket, long.length)).toBe(long)
  socket.end()
  await closed(socket)
  while (proxy.connections > 0) await sleep(5)
})

test('slices of one byte arrive one by one and in order', async () => {
  const socket = await open({ toTarget: { sliceBytes: 1 } })
  served.pieces = 0
  socket.write('abcdefgh')
  expect(await heard(socket, 8)).toBe('abcdefgh')
  expect(served.pieces).toBeGreaterThan(1)
})

test('a delay holds each piece back', async () => {
  const socket = await open({ toClient: { delayMs: 80 } })
  const began = performance.now()
  socket.write('late')
  expect(await heard(socket, 4)).toBe('late')
  expect(performance.now() - began).toBeGreaterThan(75)
})

test('a black hole loses everything and stays open, until the line is mended', async () => {
  const socket = await open({ toTarget: { swallow: true }, toClient: { swallow: true } })
  let answered = ''
  socket.on('data', (piece: Buffer) => (answered += piece.toString()))
  socket.write('lost')
  await sleep(50)
  expect({ answered, open: socket.readyState, connections: proxy.connections }).toEqual({ answered: '', open: 'open', connections: 1 })
  proxy.behave({})
  socket.write('found')
  while (answered.length < 5) await sleep(5)
  expect(answered).toBe('found')
})

test('an abandoned client still believes that it is connected', async () => {
  const socket = await open({})
  socket.write('hello')
  await heard(socket, 5)
  proxy.abandon()
  while (served.open.size > 0) await sleep(5)
  await sleep(20)
  expect(socket.readyState).toBe('open')
})

test('a reset comes in the middle of a message', async () => {
  const socket = await open({ toClient: { resetAfterBytes: 3 } })
  let answered = ''
  socket.on('data', (piece: Buffer) => (answered += piece.toString()))
  socket.write('abcdef')
  await closed(socket)
  expect(answered.length).toBeLessThanOrEqual(3)
})

test('all connections can be reset at once, and new ones refused', async () => {
  const socket = await open({})
  const gone = closed(socket)
  proxy.behave({ refuse: true })
  proxy.reset()
  await gone
  const second = connect({ port: proxy.port, host: '127.0.0.1' })
  second.on('error', () => undefined)
  await closed(second)
  expect(proxy.accepted).toBe(1)
})
