import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askRunning } from './ask-running.ts'

let server: Server
let url: string

beforeAll(async () => {
  server = createServer((request, response) => {
    const meant = request.headers['x-millrace'] !== undefined
    const known = request.url === '/api/overview' && meant
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(known ? { cut: 7 } : { code: 'EVENT_UNKNOWN', message: 'There is none.', hint: '', retry: 'never' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.close()
})

test('an answer of the running process is passed on', async () => {
  expect(await askRunning(url, '/api/overview')).toEqual({ cut: 7 })
})

test('its refusal is told with its code, and its silence as nothing running', async () => {
  await expect(askRunning(url, '/api/deliveries/totals/events/x/resend', { method: 'POST' })).rejects.toMatchObject({
    code: 'REQUEST_REFUSED',
    details: { code: 'EVENT_UNKNOWN' },
  })
  await expect(askRunning('http://127.0.0.1:1', '/api/overview')).rejects.toMatchObject({ code: 'NOT_RUNNING' })
})
