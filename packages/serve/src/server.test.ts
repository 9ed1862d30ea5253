import { MillraceError } from '@millrace/base'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { get, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChangesRequest, Graph, Overview, ProofState, ServeApi, Snapshot } from './api.ts'
import { type RunningServer, startServer } from './server.ts'

const PROOF: ProofState = { model: 'order_totals', verdict: 'equal', atMs: 1000, cut: 7, rows: 3, differentRows: 0, tookMs: 12, ties: [] }
const OVERVIEW: Overview = {
  project: 'shop',
  version: '0.1.0',
  nowMs: 2000,
  startedMs: 0,
  cut: 8,
  answer: { trust: 'yes', headline: 'Everything agrees', sentence: 'It does.' },
  proofs: [PROOF],
  copies: [{ stream: 'shop.orders', verdict: 'different', atMs: 1, place: '0/1', rows: 2, differentRows: 1, tookMs: 3 }],
}
const GRAPH: Graph = {
  nodes: [
    {
      id: 'model:order_totals',
      label: 'live model',
      kind: 'model',
      name: 'order"totals',
      verdict: 'flowing',
      sentence: 'Changes pass.',
      blame: null,
      sinceMs: 0,
      phase: 'running',
      changes: 41,
      rate: { perSecond1: 2, perSecond10: 1.5, perSecond60: 1 },
      lag: { nowMs: 20, p50Ms: 18, p99Ms: 40 },
      backlog: 0,
      lastChangeMs: 1999,
      lastContactMs: null,
      spark: [1, 2],
      evidence: {},
      error: null,
      hasSql: true,
      proof: PROOF,
      copy: null,
    },
  ],
  edges: [],
}

let server: RunningServer
let folder: string
let seen: unknown[] = []
let cut = 8

const PARKED = {
  id: 'shop.orders/0/100.0',
  source: 'shop',
  stream: 'shop.orders',
  operation: 'update',
  key: '7',
  place: 'position 0/64',
  code: 'VALUE_UNREADABLE',
  reason: 'amount is NaN',
  status: 'parked',
  parkedMs: 1,
  settledMs: null,
  row: { id: 7 },
  before: null,
  raw: 'abc',
} as const

const api: ServeApi = {
  notify: (source, notice) => {
    seen.push({ source, notice })
    return { source, objects: 1 }
  },
  proveStream: async (stream) => ({ stream, verdict: 'equal', atMs: 1, place: '0/1', rows: 2, differentRows: 0, tookMs: 3 }),
  backfill: async (stream, where) => {
    seen.push({ stream, where })
    return { stream, mode: 'backfill', rows: 0, rowsEstimate: 9, told: 0, ended: false, failed: false, error: null }
  },
  backfillState: (stream) => ({ stream, mode: null, rows: 0, rowsEstimate: 0, told: 0, ended: true, failed: false, error: null }),
  parked: async (request) => {
    seen.push(request)
    return { counts: [], tables: [], records: [], cursor: null }
  },
  parkedRecord: async (id) => ({ ...PARKED, id }),
  fixParked: async (id, row) => ({ ...PARKED, id, row }),
  replayParked: async (id) => ({ replayed: [id], waiting: 0 }),
  acceptTable: async (stream) => ({ source: 'shop', stream, what: 'the column note was removed', sinceMs: 1, accepted: true }),
  dropParked: async (id) => ({ ...PARKED, id, status: 'dropped' }),
  overview: () => OVERVIEW,
  graph: () => GRAPH,
  latest: async ({ afterCut }) => {
    seen.push(afterCut)
    return { cut, changes: [] }
  },
  changes: async (request: ChangesRequest) => {
    seen.push(request)
    if (request.stream === 'none') throw new MillraceError('STREAM_UNKNOWN', { details: { name: 'none' } })
    return { stream: request.stream, partition: request.partition, first: 0, next: 0, changes: [] }
  },
  model: async () => {
    throw new TypeError('a defect')
  },
  events: async (request) => {
    seen.push(request)
    return { delivery: request.delivery, counts: {}, events: [], cursor: null }
  },
  event: async (delivery, id) => {
    throw new MillraceError('EVENT_UNKNOWN', { details: { delivery, id } })
  },
  resend: async (delivery, id) => {
    seen.push(['resend', delivery, id])
    throw new MillraceError('EVENT_UNKNOWN', { details: { delivery, id } })
  },
  enable: async (delivery) => {
    seen.push(['enable', delivery])
    return { delivery }
  },
  prove: async (model) => ({ ...PROOF, model }),
}

beforeEach(async () => {
  seen = []
  cut = 8
  folder = await mkdtemp(join(tmpdir(), 'millrace-console-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>console')
  await writeFile(join(folder, 'assets', 'index-1a2b.js'), 'export {}')
  server = await startServer({ port: 0, api, consoleFolder: folder })
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

/** A request with exactly these headers, which `fetch` would not allow. */
function raw(path: string, options: { method?: string; headers?: Record<string, string> } = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(new URL(path, server.url), options, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', reject)
    request.end()
  })
}

test('it listens on the loopback address unless told otherwise', () => {
  expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
})

test('a taken port is refused with its code', async () => {
  const second = startServer({ port: server.port, api, consoleFolder: folder })
  await expect(second).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { port: server.port } })
})

test('overview and graph are what the API says', async () => {
  expect(await (await fetch(`${server.url}/api/overview`)).json()).toEqual(OVERVIEW)
  expect(await (await fetch(`${server.url}/api/graph`)).json()).toEqual(GRAPH)
})

test('names in a path are decoded, and numbers in a query are read', async () => {
  await fetch(`${server.url}/api/streams/shop.a%2Fb%20c/changes?after=4&limit=2&partition=1`)
  await fetch(`${server.url}/api/deliveries/crm/events?status=parked&cursor=x`)
  expect(seen).toEqual([
    { stream: 'shop.a/b c', partition: 1, after: 4, limit: 2 },
    { delivery: 'crm', status: 'parked', cursor: 'x', limit: 50 },
  ])
})

test.each([
  '/api/streams/s/changes?limit=501',
  '/api/streams/s/changes?after=-1',
  '/api/streams/s/changes?after=1e3',
  '/api/streams/%ff/changes',
  '/api/deliveries/crm/events?status=lost',
])('a request that is not valid is refused: %s', async (path) => {
  const response = await fetch(server.url + path)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'HTTP_REQUEST_INVALID', retry: 'never' })
  expect(seen).toEqual([])
})

test('law 9: an error carries its code and the way out; a defect does not look like one', async () => {
  const unknown = await fetch(`${server.url}/api/streams/none/changes`)
  expect(unknown.status).toBe(404)
  expect(await unknown.json()).toMatchObject({ code: 'STREAM_UNKNOWN', hint: expect.stringContaining('millrace status') })
  const defect = await fetch(`${server.url}/api/models/m`)
  expect(defect.status).toBe(500)
  expect(await defect.json()).toMatchObject({ code: 'DEFECT' })
  const nothing = await fetch(`${server.url}/api/nothing`)
  expect(await nothing.json()).toMatchObject({ code: 'HTTP_PATH_UNKNOWN' })
  expect(nothing.status).toBe(404)
})

test('a name that was rebound to this address is refused, an address and localhost are not', async () => {
  for (const host of ['evil.example', 'evil.example:4480', '127.0.0.1.evil.example', 'localhost.evil.example', 'a b']) {
    expect(await raw('/api/overview', { headers: { host } })).toMatchObject({
      status: 421,
      body: expect.stringContaining('HTTP_HOST_REFUSED'),
    })
  }
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:4480', 'millrace.localhost']) {
    expect((await raw('/api/overview', { headers: { host } })).status).toBe(200)
  }
})

test('nothing is changed for a page from elsewhere', async () => {
  const path = '/api/deliveries/crm/events/msg_1/resend'
  const plain = await raw(path, { method: 'POST' })
  expect(plain).toMatchObject({ status: 403, body: expect.stringContaining('HTTP_ORIGIN_REFUSED') })
  const form = await raw(path, { method: 'POST', headers: { 'content-type': 'text/plain' } })
  expect(form.status).toBe(403)
  const foreign = await raw('/api/feed', { headers: { 'sec-fetch-site': 'cross-site' } })
  expect(foreign.status).toBe(403)
  const preflight = await fetch(server.url + path, { method: 'OPTIONS', headers: { origin: 'http://evil.example' } })
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  expect(seen).toEqual([])
  const meant = await raw(path, { method: 'POST', headers: { 'x-millrace': '1' } })
  expect(meant.status).toBe(404)
  expect(seen).toEqual([['resend', 'crm', 'msg_1']])
})

test('a delivery is enabled again by one that means it', async () => {
  const enabled = await raw('/api/deliveries/crm/enable', { method: 'POST', headers: { 'x-millrace': '1' } })
  expect(enabled).toMatchObject({ status: 200, body: '{"delivery":"crm"}' })
  expect(seen).toEqual([['enable', 'crm']])
  // A type of body that no page may send elsewhere without being allowed to, as a bucket's notices have it.
  const asJson = await raw('/api/deliveries/crm/enable', { method: 'POST', headers: { 'content-type': 'application/json' } })
  expect(asJson.status).toBe(200)
})

test('every answer forbids sniffing, framing and foreign scripts', async () => {
  for (const path of ['/', '/api/overview', '/api/nothing']) {
    const { headers } = await fetch(server.url + path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  }
})

test('the console is served with its types: hashed names for ever, the page anew each time', async () => {
  const page = await fetch(server.url)
  expect(await page.text()).toContain('console')
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const script = await fetch(`${server.url}/assets/index-1a2b.js`)
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script.headers.get('cache-control')).toContain('immutable')
})

test.each([
  '/../package.json',
  '/%2e%2e/package.json',
  '/assets/..%2f..%2fpackage.json',
  '/.env.json',
  '/assets/%00.js',
  '/none.js',
  '/none',
])('nothing outside the console is served: %s', async (path) => {
  expect((await raw(path)).status).toBe(404)
})

test('a console that was not built says how to build it', async () => {
  await rm(join(folder, 'index.html'))
  const page = await fetch(server.url)
  expect(page.status).toBe(503)
  expect(await page.text()).toContain('npm run build')
})

test('the metrics are in the text format, with names escaped', async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  expect(text).toContain('millrace_cut 8\n')
  expect(text).toContain('millrace_changes_total{kind="model",name="order\\"totals"} 41\n')
  expect(text).toContain('millrace_verdict{kind="model",name="order\\"totals",verdict="flowing"} 1\n')
  expect(text).toContain('millrace_lag_seconds{kind="model",name="order\\"totals"} 0.02\n')
  expect(text).toContain('millrace_proof_equal{model="order_totals"} 1\n')
})

test('a living server says so, and whether its data can be trusted', async () => {
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ alive: true, trust: 'yes' })
})

/** Reads the feed until it has so many snapshots. */
function snapshots(count: number): Promise<Snapshot[]> {
  return new Promise((resolve, reject) => {
    const request = get(`${server.url}/api/feed`, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const messages = text.split('\n\n').slice(0, -1)
        if (messages.length < count) return
        request.destroy()
        resolve(messages.map((message) => JSON.parse(message.slice(message.indexOf('data: ') + 6)) as Snapshot))
      })
    })
    request.on('error', reject)
  })
}

test('the feed gives the newest changes at once, and then only what came since', async () => {
  const first = snapshots(2)
  setTimeout(() => (cut = 9), 300)
  const [joined, next] = await first
  expect(joined).toEqual({ overview: OVERVIEW, graph: GRAPH, latest: { cut: 8, changes: [] } })
  expect(next?.latest.cut).toBe(9)
  expect(seen).toEqual([0, 8])
})

test('law 8: the feed has so many places and no more, and one that is left is free again', async () => {
  const controllers = Array.from({ length: 33 }, () => new AbortController())
  const statuses = await Promise.all(controllers.map(async ({ signal }) => (await fetch(`${server.url}/api/feed`, { signal })).status))
  expect(statuses.filter((status) => status === 200)).toHaveLength(32)
  expect(statuses.filter((status) => status === 503)).toHaveLength(1)
  const refused = await fetch(`${server.url}/api/feed`)
  expect(await refused.json()).toMatchObject({ code: 'FEED_FULL', retry: 'backoff' })
  for (const controller of controllers) controller.abort()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(await snapshots(1)).toHaveLength(1)
})

test('law 8: a client that does not read is dropped', async () => {
  const large = { ...GRAPH, nodes: [{ ...(GRAPH.nodes[0] as Graph['nodes'][number]), label: 'x'.repeat(4_000_000) }] }
  const heavy = await startServer({ port: 0, api: { ...api, graph: () => large }, consoleFolder: folder })
  const socket = connect(heavy.port, '127.0.0.1')
  const dropped = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.write('GET /api/feed HTTP/1.1\r\nHost: localhost\r\n\r\n')
  socket.pause()
  socket.on('error', () => undefined)
  await new Promise((resolve) => setTimeout(resolve, 3500))
  socket.resume()
  await dropped
  expect(socket.bytesRead).toBeLessThan(24_000_000)
  await heavy.close()
}, 15_000)

test('a stream is proven against its source by its name', async () => {
  const answer = await fetch(`${server.url}/api/streams/shop.orders/prove`, { method: 'POST', headers: { 'x-millrace': 'test' } })
  expect(await answer.json()).toMatchObject({ stream: 'shop.orders', verdict: 'equal' })
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('millrace_copy_equal{stream="shop.orders"} 0')
})

test('a source is told of what is new, as it was told', async () => {
  seen = []
  const headers = { 'x-millrace': 'test' }
  const answer = await fetch(`${server.url}/api/sources/inbox/notify`, { method: 'POST', headers, body: '{"objects":["a.csv"]}' })
  expect(await answer.json()).toEqual({ source: 'inbox', objects: 1 })
  expect(seen).toEqual([{ source: 'inbox', notice: { objects: ['a.csv'] } }])
})

describe('what was set aside (law 9)', () => {
  const send = (path: string, body?: string): Promise<Response> =>
    fetch(`${server.url}${path}`, { method: 'POST', headers: { 'x-millrace': 'test' }, ...(body === undefined ? {} : { body }) })

  test('is listed by stream and status, page by page', async () => {
    seen = []
    await fetch(`${server.url}/api/parked?stream=shop.orders&status=dropped&after=a%2F0%2F1.0&limit=3`)
    await fetch(`${server.url}/api/parked?source=crm`)
    expect(seen).toEqual([
      { source: null, stream: 'shop.orders', status: 'dropped', after: 'a/0/1.0', limit: 3 },
      { source: 'crm', stream: null, status: 'parked', after: null, limit: 50 },
    ])
    expect((await fetch(`${server.url}/api/parked?status=lost`)).status).toBe(400)
  })

  test('is shown, mended, replayed and let go by its id', async () => {
    const path = `/api/parked/${encodeURIComponent(PARKED.id)}`
    expect(await (await fetch(`${server.url}${path}`)).json()).toEqual(PARKED)
    expect(await (await send(`${path}/fix`, '{"row":{"id":7,"amount":"1.00","note":null}}')).json()).toMatchObject({
      row: { id: 7, amount: '1.00', note: null },
    })
    expect(await (await send(`${path}/replay`)).json()).toEqual({ replayed: [PARKED.id], waiting: 0 })
    expect(await (await send('/api/streams/shop.orders/accept')).json()).toMatchObject({ stream: 'shop.orders', accepted: true })
    expect(await (await send(`${path}/drop`)).json()).toMatchObject({ status: 'dropped' })
  })

  test.each([['no JSON'], ['[]'], ['{}'], ['{"row":[1]}'], ['{"row":{"a":{}}}'], [`{"row":{"a":"${'x'.repeat(1 << 20)}"}}`]])(
    'is not mended by a body that holds no row: %.20s',
    async (body) => {
      const answer = await send(`/api/parked/${encodeURIComponent(PARKED.id)}/fix`, body)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'HTTP_REQUEST_INVALID' })
    },
  )
})
