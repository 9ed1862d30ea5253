import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { startPostgres } from './postgres.ts'

test('a server is ready for logical replication, and leaves nothing', async () => {
  const postgres = await startPostgres()
  expect(await postgres.query('show wal_level')).toEqual([{ wal_level: 'logical' }])
  await postgres.stop()
  expect(existsSync(postgres.folder)).toBe(false)
  expect(await answers(postgres.port)).toBe(false)
})

test('a killed server comes back with its data on the same port', async () => {
  const postgres = await startPostgres()
  try {
    await postgres.query('create table kept (id int); insert into kept values (7)')
    const { port } = postgres
    await postgres.kill()
    expect(await answers(port)).toBe(false)
    await postgres.start()
    expect(postgres.port).toBe(port)
    expect(await postgres.query('select id from kept')).toEqual([{ id: 7 }])
    await postgres.start()
    expect(await postgres.query('select id from kept')).toEqual([{ id: 7 }])
  } finally {
    await postgres.stop()
  }
})

test("a password is asked for, and TLS is proved by the server's own certificate", async () => {
  const postgres = await startPostgres({ tls: true })
  try {
    const wrong = new pg.Client({ connectionString: postgres.urlFor({ password: 'wrong' }) })
    await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' })
    const secured = new pg.Client({
      connectionString: postgres.url,
      ssl: { ca: postgres.certificatePem ?? '' },
    })
    await secured.connect()
    const { rows } = await secured.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
    expect(rows).toEqual([{ ssl: true }])
    await secured.end()
  } finally {
    await postgres.stop()
  }
})

test.each(['SIGKILL', 'SIGINT'] as const)('no server outlives a parent that ends by %s', async (signal) => {
  const module = new URL('./postgres.ts', import.meta.url).href
  const program = `const { startPostgres } = await import('${module}')
    const postgres = await startPostgres()
    console.log(postgres.port + ' ' + postgres.folder)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const [port, folder] = line.toString().trim().split(' ')
  expect(await answers(Number(port))).toBe(true)
  parent.kill(signal)
  for (let tenth = 0; tenth < 70 && existsSync(folder ?? ''); tenth += 1) await sleep(100)
  expect(existsSync(folder ?? '')).toBe(false)
  expect(await answers(Number(port))).toBe(false)
})

async function answers(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
