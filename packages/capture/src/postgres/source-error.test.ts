import { expect, test } from 'vitest'
import { checkServer } from './check-source.ts'
import type { Connection } from './connect.ts'
import { sourceError } from './source-error.ts'

const address = { source: 'shop', host: 'db:5432', user: 'capturer', database: 'shop' }

function failed(code: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code })
}

test.each([
  [failed('ECONNREFUSED'), 'connecting', 'SOURCE_UNREACHABLE', 'backoff', 5],
  [new AggregateError([failed('ECONNREFUSED'), failed('ECONNREFUSED')]), 'connecting', 'SOURCE_UNREACHABLE', 'backoff', 5],
  [new Error('timeout expired'), 'connecting', 'SOURCE_UNREACHABLE', 'backoff', 5],
  [failed('57P03', 'the database system is starting up'), 'connecting', 'SOURCE_UNREACHABLE', 'backoff', 5],
  [failed('53300', 'sorry, too many clients already'), 'connecting', 'SOURCE_UNREACHABLE', 'backoff', 5],
  [failed('28P01'), 'connecting', 'SOURCE_AUTHENTICATION', 'after-fix', 4],
  [failed('28000', 'no pg_hba.conf entry for replication connection'), 'connecting', 'SOURCE_AUTHENTICATION', 'after-fix', 4],
  [failed('08P01', 'unsupported startup parameter in options: DateStyle'), 'connecting', 'SOURCE_POOLER', 'after-fix', 4],
  [failed('08P01', 'unsupported startup parameter: replication'), 'connecting', 'SOURCE_POOLER', 'after-fix', 4],
  [failed('3D000'), 'connecting', 'SOURCE_DATABASE_MISSING', 'after-fix', 4],
  [failed('42501', 'permission denied to start WAL sender'), 'connecting', 'SOURCE_PERMISSION', 'after-fix', 4],
  [failed('DEPTH_ZERO_SELF_SIGNED_CERT'), 'connecting', 'SOURCE_TLS', 'after-fix', 5],
  [failed('53400', 'all replication slots are in use'), 'connected', 'CAPTURE_SLOT_LIMIT', 'backoff', 4],
  [failed('53300', 'number of requested standby connections exceeds max_wal_senders'), 'connecting', 'CAPTURE_SLOT_LIMIT', 'backoff', 4],
  [failed('ECONNRESET'), 'connected', 'CAPTURE_CONNECTION_LOST', 'backoff', 5],
  [failed('57P01', 'terminating connection due to administrator command'), 'connected', 'CAPTURE_CONNECTION_LOST', 'backoff', 5],
  [new Error('Connection terminated unexpectedly'), 'connected', 'CAPTURE_CONNECTION_LOST', 'backoff', 5],
  [failed('XX000', 'cache lookup failed'), 'connected', 'SOURCE_FAILED', 'backoff', 5],
] as const)('%s while %s is %s', (error, phase, code, retry, exit) => {
  const problem = sourceError(error, address, phase)
  expect(problem).toMatchObject({ code, retry })
  expect(problem.message + problem.hint).not.toMatch(/\{\w+\}/)
  expect(problem.hint.length).toBeGreaterThan(20)
  expect([1, 4, 5]).toContain(exit)
})

test('a server before Postgres 13 is refused by its version', async () => {
  const facts = { version: '12.22', version_number: 120_022, wal_level: 'logical', encoding: 'UTF8' }
  const control = { address, query: () => Promise.resolve([facts]) } as unknown as Connection
  await expect(checkServer(control)).rejects.toMatchObject({ code: 'SOURCE_VERSION', message: expect.stringContaining('12.22') })
})
