/** Incident I17: a password that changes, or ends, in the middle of work; and what stands between us and Postgres. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { discoverTables } from './discover-tables.ts'
import { Rig } from './fixtures/rig.ts'

let postgres: Postgres
let rig: Rig
let folder: string
const servers: Server[] = []

beforeAll(async () => {
  postgres = await startPostgres()
  folder = mkdtempSync(join(tmpdir(), 'millrace-password-'))
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true })
})
afterEach(() => rig.close())

const passwordFile = (): string => join(folder, 'password')

/** Ends the connections that stand, as an idle timeout or a failover would: new ones need the new password. */
async function endConnections(user: string): Promise<void> {
  await postgres.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [user])
}

async function openWithRole(user: string): Promise<void> {
  rig = await Rig.open(
    postgres,
    `create role ${user} login replication password 'first'; create table a (id int primary key); grant select on a to ${user}`,
  )
  await rig.sql(`create publication ${rig.slot} for table a with (publish_via_partition_root = true)`)
  writeFileSync(passwordFile(), 'first\n')
  const url = new URL(rig.url)
  url.username = user
  url.password = ''
  rig.reconfigure({ config: { url: url.toString(), password: { secret: 'file', path: passwordFile() } } })
  await rig.start()
  await rig.sql('insert into a values (1)')
  await rig.changed('shop.a', 1)
}

test('a password that rotates is taken up at the next connection', async () => {
  await openWithRole('rotating')
  await rig.sql("alter role rotating password 'second'")
  writeFileSync(passwordFile(), 'second')
  await endConnections('rotating')
  await rig.sql('insert into a values (2)')
  await rig.changed('shop.a', 2)
  expect(rig.observation.phase).toBe('running')
})

test('a password that ended before its successor was written down is waited for, and nothing is lost', async () => {
  await openWithRole('late')
  await rig.sql("alter role late password 'second'")
  await endConnections('late')
  await rig.until(() => rig.observation.error?.code === 'SOURCE_AUTHENTICATION')
  expect(rig.observation.phase).toBe('retrying')
  await rig.sql('insert into a values (2)')
  writeFileSync(passwordFile(), 'second')
  await rig.changed('shop.a', 2)
})

test('a password that lasts until a time is replaced in time or a moment after', async () => {
  await openWithRole('lasting')
  await rig.sql("alter role lasting valid until 'yesterday'")
  await endConnections('lasting')
  await rig.until(() => rig.observation.error?.code === 'SOURCE_AUTHENTICATION')
  await rig.sql("alter role lasting password 'second' valid until 'tomorrow'; insert into a values (2)")
  writeFileSync(passwordFile(), 'second')
  expect(await rig.changed('shop.a', 2)).toHaveLength(2)
})

test('a password that is wrong from the start is told, without the password', async () => {
  await openWithRole('wrong')
  await rig.stop()
  writeFileSync(passwordFile(), 'never-right')
  const beganMs = performance.now()
  const error: unknown = await discoverTables({ name: 'shop', config: rig.config }).catch((raised: unknown) => raised)
  expect(error).toMatchObject({ code: 'SOURCE_AUTHENTICATION' })
  expect(JSON.stringify(error)).not.toContain('never-right')
  expect(performance.now() - beganMs).toBeLessThan(10_000)
})

/** As a pooler does: gives every connection a process number of its own. */
async function startPooler(port: number): Promise<number> {
  const server = createServer((client) => {
    const upstream = new Socket()
    upstream.connect(port, '127.0.0.1')
    upstream.on('data', (chunk) => {
      const at = chunk.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]))
      if (at !== -1) chunk.writeUInt32BE(4711, at + 5)
      client.write(chunk)
    })
    client.pipe(upstream)
    for (const socket of [client, upstream])
      socket.on('error', () => undefined).on('close', () => [client, upstream].forEach((each) => each.destroy()))
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as { port: number }).port
}

test('a pooler is told as such, and not as a fault of the stream', async () => {
  rig = await Rig.open(postgres, 'create table a (id int primary key)')
  const url = new URL(rig.url)
  url.port = String(await startPooler(postgres.port))
  await expect(discoverTables({ name: 'shop', config: { kind: 'postgres', url: url.toString() } })).rejects.toMatchObject({
    code: 'SOURCE_POOLER',
    hint: expect.stringContaining('sources.shop.url'),
  })
  for (const server of servers) server.close()
  await sleep(1)
})
