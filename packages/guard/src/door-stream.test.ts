import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Door, type DoorRequest } from './door.ts'

const servers: (Server | SocketServer)[] = []
const doors: Door[] = []

afterEach(async () => {
  for (const door of doors.splice(0)) door.close()
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
})

async function listening(server: Server | SocketServer): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function get(url: string, more: Partial<DoorRequest> = {}): DoorRequest {
  return { url, method: 'GET', headers: {}, timeoutMs: 5000, ...more }
}

function doorWith(allowInside: readonly string[] = ['127.0.0.1']): Door {
  const door = new Door({ allowInside })
  doors.push(door)
  return door
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0
  for await (const piece of body) bytes += piece.length
  return bytes
}

const serve = (listener: RequestListener): Promise<string> => listening(createServer(listener))
const code = (name: string): unknown => expect.objectContaining({ code: name })

test('a body of any size is handed on as it comes, and is under way until it has ended', async () => {
  const url = await serve((_, response) => response.writeHead(206, { 'x-reply': 'yes' }).end(Buffer.alloc(20_000_000, 'x')))
  const door = doorWith()
  const { status, headers, body } = await door.open(get(url))
  expect([status, headers['x-reply'], door.underWay]).toEqual([206, 'yes', 1])
  expect(await bytesOf(body)).toBe(20_000_000)
  await expect.poll(() => door.underWay).toBe(0)
})

test('a body that breaks off is told, after everything that came before it', async () => {
  const url = await listening(
    createSocketServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npartial'))
    }),
  )
  const { body } = await doorWith().open(get(url))
  const seen: string[] = []
  const reading = (async () => {
    for await (const piece of body) seen.push(Buffer.from(piece).toString())
  })()
  await expect(reading).rejects.toThrowError(code('DOOR_UNREACHABLE'))
  expect(seen.join('')).toBe('partial')
})

test('a body in which nothing comes for the time limit ends there, however long it took until then', async () => {
  const url = await serve((_, response) => void response.writeHead(200).write('first'))
  const { body } = await doorWith().open(get(url, { timeoutMs: 150 }))
  await expect(bytesOf(body)).rejects.toThrowError(code('DOOR_TIMEOUT'))
})

test('a body that is left lets go of its connection', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200)
    const pour = (): void => {
      while (response.write('x'.repeat(65_536)) && !response.destroyed);
    }
    response.on('drain', pour)
    pour()
  })
  const door = doorWith()
  const answer = await door.open(get(url))
  answer.close()
  await expect.poll(() => door.underWay).toBe(0)
  for await (const piece of (await door.open(get(url))).body) if (piece.length > 0) break
  await expect.poll(() => door.underWay).toBe(0)
})

test('law 10: an inside address is refused here too, and nothing stays under way', async () => {
  const door = doorWith([])
  await expect(door.open(get('http://127.0.0.1:1/'))).rejects.toThrowError(code('DOOR_ADDRESS_REFUSED'))
  await expect(doorWith().open(get('http://127.0.0.1:1/'))).rejects.toThrowError(code('DOOR_UNREACHABLE'))
  expect(door.underWay).toBe(0)
})

test('whoever gives up is told their own reason', async () => {
  const url = await serve(() => undefined)
  const stop = new AbortController()
  const asked = doorWith().open(get(url, { signal: stop.signal }))
  const enough = new Error('enough')
  stop.abort(enough)
  await expect(asked).rejects.toBe(enough)
})
