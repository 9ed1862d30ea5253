import { MillraceError } from '@millrace/base'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AgentApi, AgentBatchRequest } from './agent-api.ts'
import { AGENT_LIMITS } from './agent-limits.ts'
import { type RunningAgentServer, startAgentServer } from './agent-server.ts'

const ID = '1'.repeat(32)
const INSTANCE = 'a'.repeat(32)

let taken: AgentBatchRequest[]
let hold: Promise<void>
let failure: Error | null
let server: RunningAgentServer

const api: AgentApi = {
  teamOf: (token) => Promise.resolve(token === 'right' ? 'shop' : null),
  take: async (batch) => {
    await hold
    if (failure !== null) throw failure
    taken.push(batch)
    return { accepted: 1, repeated: 0, parked: 0, schemas: { click: ID } }
  },
  schemaOf: (team, stream) => Promise.resolve(team === 'shop' && stream === 'click' ? { id: ID, body: Buffer.from('{"id":1}') } : null),
  schemaById: (_, id) => Promise.resolve(id === ID ? { id: ID, body: Buffer.from('{"id":1}') } : null),
}

interface Got {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

function ask(method: string, path: string, options: { headers?: Record<string, string>; body?: Buffer } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer right', ...options.headers }
    const request = httpRequest({ port: server.port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    request.on('error', reject)
    request.end(options.body)
  })
}

const post = (body: Buffer, headers: Record<string, string> = {}): Promise<Got> =>
  ask('POST', '/agent/v1/batches', { body, headers: { 'millrace-agent': INSTANCE, ...headers } })

beforeEach(async () => {
  taken = []
  hold = Promise.resolve()
  failure = null
  server = await startAgentServer({ api, host: '127.0.0.1', port: 0 })
})

afterEach(() => server.close())

describe('a batch', () => {
  it('is given to the source with its team, its agent and what that has dropped, packed or not', async () => {
    const plain = await post(Buffer.from('text\n'), { 'millrace-dropped': '7' })
    expect(plain).toMatchObject({ status: 200, text: JSON.stringify({ accepted: 1, repeated: 0, parked: 0, schemas: { click: ID } }) })
    await post(gzipSync('packed\n'), { 'content-encoding': 'gzip' })
    expect(taken).toEqual([
      { team: 'shop', instance: INSTANCE, dropped: 7, text: 'text\n' },
      { team: 'shop', instance: INSTANCE, dropped: 0, text: 'packed\n' },
    ])
  })

  it('that is too large is refused, as it is sent or unpacked, told or not', async () => {
    const large = Buffer.alloc(AGENT_LIMITS.bodyBytes + 1)
    expect(await post(large).catch(() => ({ status: 413 }))).toMatchObject({ status: 413 })
    expect(await post(large, { 'transfer-encoding': 'chunked' }).catch(() => ({ status: 413 }))).toMatchObject({ status: 413 })
    const bomb = await post(gzipSync(Buffer.alloc(AGENT_LIMITS.unpackedBytes + 1)), { 'content-encoding': 'gzip' })
    expect(bomb.status).toBe(413)
    expect(JSON.parse(bomb.text)).toMatchObject({ code: 'AGENT_BATCH_TOO_LARGE' })
    expect(taken).toEqual([])
  })

  it('that is broken, or does not name its agent, is refused for good', async () => {
    expect((await post(Buffer.from('no gzip'), { 'content-encoding': 'gzip' })).status).toBe(400)
    expect((await post(Buffer.from('x'), { 'millrace-agent': '../etc' })).status).toBe(400)
    failure = new MillraceError('AGENT_BATCH_UNREADABLE', { details: { problem: 'it is empty' } })
    const refused = await post(Buffer.from('x'))
    expect(refused.status).toBe(400)
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'AGENT_BATCH_UNREADABLE' })
  })

  it('that cannot be taken now is asked to come again, at a time that differs', async () => {
    failure = new TypeError('a secret of the house')
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(Buffer.from('x'))))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
    const delays = answers.map(({ headers }) => Number(headers['retry-after']))
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...delays)).toBeLessThanOrEqual(4)
    expect(new Set(delays).size).toBeGreaterThan(1)
    expect(answers.map(({ text }) => text).join('')).not.toContain('secret')
  })

  it('more than are held at once is turned away, and those that are held are answered', async () => {
    let release: () => void = () => undefined
    hold = new Promise((resolve) => {
      release = resolve
    })
    const held = AGENT_LIMITS.requests
    const asked = Array.from({ length: held + 50 }, () => post(Buffer.from('x')))
    while (server.evidence()['turnedAway'] !== 50) await new Promise((resolve) => setImmediate(resolve))
    release()
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 503).length).toBe(50)
    expect(statuses.filter((status) => status === 200).length).toBe(held)
    expect(server.evidence()).toMatchObject({ turnedAway: 50, requestsAtOnceMax: held })
    const turnedAway = (await Promise.all(asked)).find(({ status }) => status === 503)
    expect(JSON.parse(turnedAway?.text ?? '')).toMatchObject({ code: 'AGENT_DOOR_BUSY' })
  })
})

describe('a token', () => {
  it.each(['', 'Bearer ', 'Bearer wrong', 'Basic right', `Bearer ${'x'.repeat(2000)}`])(
    'that is not known opens nothing: %j',
    async (authorization) => {
      for (const path of ['/agent/v1/schemas/click', '/agent/v1/schemas/none', '/elsewhere']) {
        const got = await ask('GET', path, { headers: { authorization } })
        expect(got.status).toBe(401)
        expect(JSON.parse(got.text)).toMatchObject({ code: 'AGENT_TOKEN_UNKNOWN' })
      }
    },
  )
})

describe('a schema', () => {
  it('is told by its name for a moment, and by its id for ever', async () => {
    const byName = await ask('GET', '/agent/v1/schemas/click')
    expect(byName).toMatchObject({ status: 200, text: '{"id":1}', headers: { etag: `"${ID}"`, 'cache-control': 'private, max-age=10' } })
    const byId = await ask('GET', `/agent/v1/schemas/ids/${ID}`)
    expect(byId).toMatchObject({ status: 200, headers: { etag: `"${ID}"`, 'cache-control': 'private, max-age=31536000, immutable' } })
  })

  it('that is known already is not told again', async () => {
    for (const tag of [`"${ID}"`, `W/"${ID}"`, `"other", "${ID}"`]) {
      const got = await ask('GET', '/agent/v1/schemas/click', { headers: { 'if-none-match': tag } })
      expect(got).toMatchObject({ status: 304, text: '' })
    }
    expect(server.evidence()['notModified']).toBe(3)
  })

  it("that is not the team's is not there, whether or not there is one", async () => {
    for (const path of ['/agent/v1/schemas/secret', '/agent/v1/schemas/ids/none', '/agent/v1/schemas/..%2Fclick']) {
      const got = await ask('GET', path)
      expect(got.status).toBe(404)
      expect(JSON.parse(got.text)).toMatchObject({ code: 'AGENT_SCHEMA_UNKNOWN' })
    }
    expect((await ask('DELETE', '/agent/v1/batches')).status).toBe(404)
  })
})

describe('the door', () => {
  it('says that its port is taken', async () => {
    await expect(startAgentServer({ api, host: '127.0.0.1', port: server.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })

  it('closes what says too much in its head', async () => {
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', () => undefined)
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(AGENT_LIMITS.headerBytes)}\r\n\r\n`)
    await new Promise((resolve) => socket.once('close', resolve))
    expect(text).toContain('431')
  })

  it('asks agents to close their connections once nearly all are taken', async () => {
    const small = await startAgentServer({ api, host: '127.0.0.1', port: 0, connections: 1 })
    const response = await fetch(`${small.url}/agent/v1/schemas/click`, { headers: { authorization: 'Bearer right' } })
    expect(response.headers.get('connection')).toBe('close')
    await small.close()
  })
})
