import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createSocketServer, type AddressInfo, type Server as SocketServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Door, type DoorOptions, type DoorRequest } from './door.ts'
import { TEST_CERTIFICATE, TEST_KEY } from './testing/certificate.ts'

const servers: (Server | SocketServer)[] = []
const doors: Door[] = []

afterEach(async () => {
  for (const door of doors.splice(0)) door.close()
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
})

async function listening(server: Server | SocketServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

function serve(listener: RequestListener): Promise<number> {
  return listening(createServer(listener))
}

function doorWith(options: DoorOptions = {}): Door {
  const door = new Door({ allowInside: ['127.0.0.1'], ...options })
  doors.push(door)
  return door
}

function post(url: string, more: Partial<DoorRequest> = {}): DoorRequest {
  return { url, method: 'POST', headers: {}, body: '{}', timeoutMs: 5000, ...more }
}

const code = (name: string): unknown => expect.objectContaining({ code: name })

test('a request arrives as it was given, and its answer comes back', async () => {
  const port = await serve((request, response) => {
    request
      .setEncoding('utf8')
      .on('data', (body: string) => response.writeHead(201, { 'x-reply': 'yes' }).end(`${String(request.headers['x-ask'])} ${body}`))
  })
  const answer = await doorWith().send(post(`http://127.0.0.1:${port}/path?query=1`, { headers: { 'x-ask': 'please' }, body: 'häh' }))
  expect(answer).toMatchObject({ status: 201, bodyStart: 'please häh', bodyEnd: 'complete' })
  expect(answer.headers['x-reply']).toBe('yes')
})

test.each([
  'http://127.0.0.1:1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://127.1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://[::1]/',
  'http://[::]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://[fe80::1]/',
  'http://[fd00:ec2::254]/',
  'http://169.254.169.254/latest/meta-data/',
  'http://168.63.129.16/',
  'http://100.64.0.1/',
  'http://10.0.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://１２７.0.0.1/',
])('law 10, case 6: the literal %s is refused before a socket is opened', async (url) => {
  const door = doorWith({ allowInside: [] })
  await expect(door.send(post(url))).rejects.toThrowError(code('DOOR_ADDRESS_REFUSED'))
})

test('law 10, case 6: a name is judged by every address it has: one inside refuses it', async () => {
  const door = doorWith({
    allowInside: [],
    resolve: async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '::1', family: 6 },
    ],
  })
  await expect(door.send(post('http://mixed.example/'))).rejects.toThrowError(code('DOOR_ADDRESS_REFUSED'))
})

test('law 10, case 6: the address that was judged is the address that is connected to', async () => {
  let asked = 0
  const port = await serve((_, response) => response.end('reached'))
  // The first answer may be reached, every later one may not: whoever asks twice is caught.
  const resolve = async (): Promise<{ address: string; family: number }[]> => [
    { address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 },
  ]
  const door = doorWith({ resolve })
  expect((await door.send(post(`http://rebind.example:${port}/`))).bodyStart).toBe('reached')
  expect(asked).toBe(1)
  door.close()
  const again = await door.send(post(`http://rebind.example:${port}/`)).catch((error: unknown) => error)
  expect(again).toEqual(code('DOOR_ADDRESS_REFUSED'))
})

test('law 9: a refused address names the host, the address and the setting', async () => {
  const door = doorWith({ allowInside: [], resolve: async () => [{ address: '10.1.2.3', family: 4 }] })
  const error = await door.send(post('http://intranet.example:8080/secret?token=x')).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    message: 'intranet.example leads to the inside address 10.1.2.3, where requests are not sent.',
    hint: "If that is meant, add `'10.1.2.3'` to `allowInside` in millrace.config.ts.",
  })
})

test('law 10, case 6: a redirect to an inside address is not followed', async () => {
  let requests = 0
  const port = await serve((_, response) => {
    requests += 1
    response.writeHead(307, { location: 'http://169.254.169.254/' }).end()
  })
  expect((await doorWith().send(post(`http://127.0.0.1:${port}/`))).status).toBe(307)
  expect(requests).toBe(1)
})

test.each(['ftp://example.com/', 'file:///etc/passwd', 'not a url', 'http://'])('%s is not a URL to send to', async (url) => {
  await expect(doorWith().send(post(url))).rejects.toThrowError(code('DOOR_URL_INVALID'))
})

test('case 1: a body that drips is one request, ends at the deadline, and the status stands', async () => {
  let requests = 0
  const port = await serve((_, response) => {
    requests += 1
    response.writeHead(200)
    const drip = setInterval(() => response.write('drip '), 20)
    response.on('close', () => clearInterval(drip))
  })
  const answer = await doorWith().send(post(`http://127.0.0.1:${port}/`, { timeoutMs: 300 }))
  expect(answer).toMatchObject({ status: 200, bodyEnd: 'too-late' })
  expect(answer.bodyStart).toMatch(/^drip drip/)
  expect(answer.ms).toBeLessThan(1500)
  expect(requests).toBe(1)
})

test('law 8: a body without end is cut off, and only its start is kept', async () => {
  const port = await serve((_, response) => {
    response.writeHead(200)
    const pour = (): void => {
      while (response.write('x'.repeat(16_384)) && !response.destroyed);
    }
    response.on('drain', pour)
    pour()
  })
  const answer = await doorWith({ bodyBytesLimit: 100_000, bodyStartBytes: 100 }).send(post(`http://127.0.0.1:${port}/`))
  expect(answer).toMatchObject({ status: 200, bodyStart: 'x'.repeat(100), bodyEnd: 'too-large' })
})

test('law 8: headers beyond the limit are an error of their own', async () => {
  const port = await serve((_, response) => response.writeHead(200, { 'x-long': 'y'.repeat(20_000) }).end())
  await expect(doorWith().send(post(`http://127.0.0.1:${port}/`))).rejects.toThrowError(code('DOOR_RESPONSE_TOO_LARGE'))
})

test('headers that drip for ever end at the deadline', async () => {
  const port = await listening(
    createSocketServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write(`x-${Math.random()}: y\r\n`), 20)
      socket.on('close', () => clearInterval(drip))
    }),
  )
  await expect(doorWith().send(post(`http://127.0.0.1:${port}/`, { timeoutMs: 300 }))).rejects.toThrowError(code('DOOR_TIMEOUT'))
})

test('a server that accepts and says nothing ends at the deadline', async () => {
  const sockets: Socket[] = []
  const port = await listening(createSocketServer((socket) => void sockets.push(socket)))
  await expect(doorWith().send(post(`http://127.0.0.1:${port}/`, { timeoutMs: 200 }))).rejects.toThrowError(code('DOOR_TIMEOUT'))
  for (const socket of sockets) socket.destroy()
})

test('the deadline also covers a name that is never resolved', async () => {
  const door = doorWith({ resolve: () => new Promise(() => undefined) })
  await expect(door.send(post('http://slow.example/', { timeoutMs: 100 }))).rejects.toThrowError(code('DOOR_TIMEOUT'))
})

test('case 14: a body that breaks off after the status does not undo the status', async () => {
  const port = await listening(
    createSocketServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npartial'))
    }),
  )
  expect(await doorWith().send(post(`http://127.0.0.1:${port}/`))).toMatchObject({
    status: 200,
    bodyStart: 'partial',
    bodyEnd: 'broken-off',
  })
})

test('case 14: a connection that is reset before the status is unreachable', async () => {
  const port = await listening(createSocketServer((socket) => socket.once('data', () => socket.resetAndDestroy())))
  await expect(doorWith().send(post(`http://127.0.0.1:${port}/`))).rejects.toThrowError(code('DOOR_UNREACHABLE'))
})

test('what is not HTTP is told from what does not answer', async () => {
  const port = await listening(createSocketServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n'))))
  await expect(doorWith().send(post(`http://127.0.0.1:${port}/`))).rejects.toThrowError(code('DOOR_RESPONSE_INVALID'))
})

test('nobody at the port is unreachable, and the error says why', async () => {
  const server = createSocketServer()
  const port = await listening(server)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  servers.pop()
  await expect(doorWith().send(post(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
    code: 'DOOR_UNREACHABLE',
    details: { reason: 'ECONNREFUSED' },
  })
})

test('a certificate that nobody vouches for is refused, and one that is trusted is accepted', async () => {
  const server = createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, (_, response) => response.end('safe'))
  const port = await listening(server)
  const resolve = async (): Promise<{ address: string; family: number }[]> => [{ address: '127.0.0.1', family: 4 }]
  await expect(doorWith({ resolve }).send(post(`https://receiver.test:${port}/`))).rejects.toThrowError(code('DOOR_TLS_REFUSED'))
  const trusting = doorWith({ resolve, certificateAuthority: TEST_CERTIFICATE })
  expect((await trusting.send(post(`https://receiver.test:${port}/`))).bodyStart).toBe('safe')
  await expect(trusting.send(post(`https://other.test:${port}/`))).rejects.toThrowError(code('DOOR_TLS_REFUSED'))
})

test('law 8: more requests than the limit are refused, and let in again when there is room', async () => {
  const waiting: (() => void)[] = []
  const port = await serve((_, response) => void waiting.push(() => response.end()))
  const door = doorWith({ requestsLimit: 2 })
  const url = `http://127.0.0.1:${port}/`
  const sent = [door.send(post(url)), door.send(post(url))]
  await expect(door.send(post(url))).rejects.toThrowError(code('DOOR_BUSY'))
  while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const answer of waiting.splice(0)) answer()
  await Promise.all(sent)
  const third = door.send(post(url))
  while (waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  waiting[0]?.()
  expect((await third).status).toBe(200)
  expect(door.underWay).toBe(0)
})

test('connections are kept and used again', async () => {
  let connections = 0
  const server = createServer((_, response) => response.end())
  server.on('connection', () => (connections += 1))
  const port = await listening(server)
  const door = doorWith()
  for (let count = 0; count < 20; count += 1) await door.send(post(`http://127.0.0.1:${port}/`))
  expect(connections).toBe(1)
})

test('the caller can give up', async () => {
  const port = await serve(() => undefined)
  const controller = new AbortController()
  const sent = doorWith().send(post(`http://127.0.0.1:${port}/`, { signal: controller.signal }))
  controller.abort(new Error('enough'))
  await expect(sent).rejects.toThrowError()
})

test('credentials in the URL become a header and are in no error', async () => {
  const port = await serve((request, response) => response.end(request.headers.authorization))
  expect((await doorWith().send(post(`http://me:p%40ss@127.0.0.1:${port}/`))).bodyStart).toBe(`Basic ${btoa('me:p@ss')}`)
  const refused = await doorWith({ allowInside: [] })
    .send(post('http://me:p%40ss@10.0.0.1/'))
    .catch((error: unknown) => error)
  expect(JSON.stringify(refused)).not.toContain('p%40ss')
  expect(JSON.stringify(refused)).not.toContain('p@ss')
})
