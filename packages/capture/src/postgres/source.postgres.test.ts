import type { MillraceError } from '@millrace/base'
import type { PostgresSource } from '@millrace/core'
import { type Postgres, startPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { discoverTables } from './discover-tables.ts'
import { dropCapture } from './drop-capture.ts'
import { Rig } from './fixtures/rig.ts'
import { inspectPostgres } from './inspect-postgres.ts'

let postgres: Postgres
beforeAll(async () => (postgres = await startPostgres({ tls: true, settings: { max_replication_slots: 12, max_wal_senders: 12 } })))
afterAll(() => postgres.stop())

async function refusal(config: Partial<PostgresSource> & { url: string }): Promise<MillraceError> {
  const error: unknown = await discoverTables({ name: 'shop', config: { kind: 'postgres', ...config } }).then(
    () => undefined,
    (raised: unknown) => raised,
  )
  expect(error).toMatchObject({ name: 'MillraceError' })
  const problem = error as MillraceError
  // A password is in no part of an error that people or logs see.
  expect(JSON.stringify(problem) + problem.hint).not.toContain('secret-word')
  return problem
}

test('each thing that is wrong with a source has its code, and a hint that mends it', async () => {
  await postgres.query(`create table good (id int primary key); create table keyless (id int); create view seen as select 1; create unlogged table fast (id int primary key);
    create role reader login password 'secret-word'; create role writer login replication password 'secret-word'`)
  await postgres.query("create database ascii encoding 'SQL_ASCII' template template0")
  const of = (user: string): string => postgres.urlFor({ user, password: 'secret-word' })
  const cases: [Partial<PostgresSource> & { url: string }, string, string][] = [
    [{ url: 'mysql://x' }, 'SOURCE_URL_INVALID', 'postgres://USER'],
    [{ url: 'postgres://a:secret-word@127.0.0.1:1/x' }, 'SOURCE_UNREACHABLE', 'sources.shop.url'],
    [{ url: 'postgres://a:secret-word@no-such-host.invalid/x' }, 'SOURCE_UNREACHABLE', 'sources.shop.url'],
    [{ url: postgres.urlFor({ password: 'secret-word' }) }, 'SOURCE_AUTHENTICATION', 'password'],
    [{ url: postgres.urlFor({ database: 'nowhere' }) }, 'SOURCE_DATABASE_MISSING', 'sources.shop.url'],
    [{ url: postgres.urlFor({ database: 'ascii' }) }, 'SOURCE_ENCODING', 'ENCODING UTF8'],
    [{ url: postgres.url, tables: ['gone'] }, 'SOURCE_TABLE_MISSING', 'sources.shop.tables'],
    [{ url: postgres.url, tables: ['seen'] }, 'SOURCE_TABLE_KIND', 'sources.shop.tables'],
    [{ url: postgres.url, tables: ['fast'] }, 'SOURCE_TABLE_KIND', 'SET LOGGED'],
    [{ url: postgres.url }, 'SOURCE_TABLE_IDENTITY', 'ALTER TABLE keyless REPLICA IDENTITY FULL;'],
    [{ url: of('reader'), tables: ['good'] }, 'SOURCE_PERMISSION', 'GRANT SELECT ON "public"."good" TO "reader";'],
    [{ url: postgres.url, tables: ['good'], tls: {} }, 'SOURCE_TLS', 'certificateAuthority'],
  ]
  for (const [config, code, hint] of cases) {
    const problem = await refusal(config)
    expect(problem.code).toBe(code)
    expect(problem.hint).toContain(hint)
  }
  await postgres.query('grant select on good to reader, writer')
  const replication = await refusal({ url: of('reader'), tables: ['good'] })
  expect(replication).toMatchObject({ code: 'SOURCE_PERMISSION', hint: expect.stringContaining('ALTER ROLE "reader" REPLICATION;') })
  const found = await discoverTables({ name: 'shop', config: { kind: 'postgres', url: of('writer'), tables: ['good'] } })
  expect(found.map(({ name, kind, partitions }) => [name, kind, partitions])).toEqual([['shop.good', 'table', 1]])
  await discoverTables({
    name: 'shop',
    config: { kind: 'postgres', url: postgres.url, tables: ['good'], tls: { certificateAuthority: postgres.certificatePem ?? '' } },
  })
})

test('over TLS the snapshot and the stream bring every row, a large transaction too', async () => {
  const rig = await Rig.open(
    postgres,
    "create table a (id int primary key, note text); insert into a select g, repeat('s', 100) from generate_series(1, 20000) g",
    {
      config: { tls: { certificateAuthority: postgres.certificatePem ?? '' } },
    },
  )
  try {
    await rig.start()
    const connections = `from pg_stat_ssl join pg_stat_activity using (pid) where application_name like 'millrace %' and datname = current_database()`
    // Those that read the rows take a moment to leave.
    await rig.until(async () => (await rig.sql(`select count(*)::int as count ${connections}`))[0]?.['count'] === 2)
    expect(await rig.sql(`select ssl ${connections}`)).toEqual([{ ssl: true }, { ssl: true }])
    await rig.sql("insert into a select g, repeat('t', 100) from generate_series(20001, 60000) g")
    await rig.changed('shop.a', 60_000)
    expect(rig.folded('shop.a')).toHaveLength(60_000)
  } finally {
    await rig.close()
  }
})

test('a table without identity is refused before it is published, so its users can go on writing', async () => {
  const rig = await Rig.open(postgres, 'create table keyless (id int); insert into keyless values (1)')
  try {
    rig.begin()
    expect((await rig.failure()).code).toBe('SOURCE_TABLE_IDENTITY')
    await rig.sql('update keyless set id = 2')
    expect(await rig.sql('select count(*)::int as publications from pg_publication')).toEqual([{ publications: 0 }])
  } finally {
    await rig.close()
  }
})

test('a user who may not publish is told the statement, and then needs no more', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key); create role capturer login replication password 'x'; grant select on a to capturer`,
  )
  try {
    const url = new URL(rig.url)
    url.username = 'capturer'
    url.password = 'x'
    rig.reconfigure({ config: { url: url.toString() } })
    rig.begin()
    const failure = await rig.failure()
    expect(failure.code).toBe('SOURCE_PERMISSION')
    const statement = /`(CREATE PUBLICATION [^`]*)`/.exec(failure.hint)?.[1]
    await rig.sql(statement ?? '')
    await rig.start()
    await rig.sql('insert into a values (1)')
    await rig.changed('shop.a', 1)
  } finally {
    await rig.close()
  }
})

test('a publication that filters rows is refused, and one that lacks an operation is completed', async () => {
  const rig = await Rig.open(
    postgres,
    "create table a (id int primary key); create publication p for table a where (id > 5); create publication q for table a with (publish = 'insert')",
    {
      config: { publication: 'p' },
    },
  )
  try {
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_PUBLICATION_FILTERED', hint: expect.stringContaining('ALTER PUBLICATION') })
    rig.reconfigure({ config: { publication: 'q' } })
    await rig.start()
    await rig.sql('insert into a values (1); delete from a')
    await rig.changed('shop.a', 2)
  } finally {
    await rig.close()
  }
})

test('a slot in use, gone, moved on or of another server is told loudly and never passed over', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)', { config: { onSlotLost: 'stop' } })
  try {
    await rig.start()
    const second = await Rig.open(postgres, '')
    second.reconfigure({ config: { url: rig.url, slot: rig.slot } })
    second.begin()
    await second.until(() => second.observation.error !== null)
    expect(second.observation).toMatchObject({ phase: 'retrying', error: { code: 'CAPTURE_SLOT_ACTIVE', details: { slot: rig.slot } } })
    await second.close()
    await rig.stop()

    await rig.sql('insert into a values (1)')
    await rig.until(
      async () => (await rig.sql(`select active from pg_replication_slots where slot_name = '${rig.slot}'`))[0]?.['active'] === false,
    )
    await rig.sql(`select pg_replication_slot_advance('${rig.slot}', pg_current_wal_lsn())`)
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_SLOT_LOST', message: expect.stringMatching(/stands at .* already/) })

    await rig.sql(`select pg_drop_replication_slot('${rig.slot}')`)
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_SLOT_LOST', message: expect.stringContaining('it is gone') })
    await rig.sql(`select pg_create_logical_replication_slot('${rig.slot}', 'pgoutput')`)
    rig.begin()
    const failure = await rig.failure()
    expect(failure).toMatchObject({ code: 'CAPTURE_SLOT_LOST', hint: expect.stringContaining(`slot: '${rig.slot}_2'`) })

    rig.reconfigure({ config: { slot: `${rig.slot}_2`, onSlotLost: 'stop' } })
    await rig.start()
    expect(rig.folded('shop.a')).toEqual(['1'])
  } finally {
    await rig.close()
  }
})

test('a slot that an open transaction holds up is told with its process, waited for, and leaves no walsender', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)')
  try {
    await rig.sql('begin; insert into a values (1)')
    rig.begin()
    await rig.until(() => rig.observation.error !== null, 200)
    const [{ pid } = {}] = await rig.sql('select pg_backend_pid() as pid')
    expect(rig.observation.error).toMatchObject({
      code: 'CAPTURE_SLOT_BLOCKED',
      message: expect.stringContaining(`process ${String(pid)}`),
    })
    await rig.sql('commit')
    await rig.until(() => rig.observation.phase === 'running')
    expect(rig.folded('shop.a')).toEqual(['1'])
    expect(await rig.sql(`select count(*)::int as slots from pg_replication_slots where database = current_database()`)).toEqual([
      { slots: 1 },
    ])
  } finally {
    await rig.close()
  }
})

test('a capture that waits for transactions of others, at its start or for a table that joins, stops without them', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)', { config: { tables: ['*'] } })
  const waiting = async (): Promise<boolean> => {
    const [row] = await rig.sql(
      "select count(*)::int as n from pg_stat_activity where query like 'CREATE_REPLICATION_SLOT%' and wait_event_type = 'Lock'",
    )
    return row?.['n'] === 1
  }
  const stopped = async (): Promise<number> => {
    const began = performance.now()
    expect(await rig.stop()).toBeUndefined()
    return performance.now() - began
  }
  const blocker = await rig.another()
  try {
    await blocker.query('begin; create table blocking ()')
    rig.begin()
    await rig.until(waiting)
    // The server itself gives up after ten seconds.
    expect(await stopped()).toBeLessThan(6000)
    await blocker.query('rollback')
    await rig.start()
    await blocker.query('begin; create table blocking ()')
    await rig.sql('create table b (id int primary key)')
    await rig.until(waiting)
    expect(await stopped()).toBeLessThan(6000)
    await blocker.query('rollback')
    await rig.start()
    await rig.until(() => rig.reader.streams().some(({ name }) => name === 'shop.b'))
  } finally {
    await blocker.end()
    await rig.close()
  }
})

test('a connection ended by an administrator is made again and goes on where it was', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)')
  try {
    await rig.start()
    for (const purpose of ['replication', 'control']) {
      await rig.sql('insert into a select count(*) from a')
      await rig.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace ${purpose}' and datname = current_database()`,
      )
      await rig.until(() => rig.observation.phase !== 'running')
      expect(rig.observation.error?.retry).toBe('backoff')
      await rig.until(() => rig.observation.phase === 'running')
      expect(rig.observation.error).toBeNull()
    }
    await rig.sql('insert into a select count(*) from a')
    await rig.changed('shop.a', 3)
    expect(rig.folded('shop.a')).toEqual(['0', '1', '2'])
    expect(rig.observation.evidence['reconnects']).toBe(2)
  } finally {
    await rig.close()
  }
})

test('law 6: a server that falls silent without a word is taken for lost, and found again', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)', { silenceMsMax: 3000 })
  try {
    await rig.start()
    const [{ pid } = {}] = await rig.sql(
      "select pid from pg_stat_activity where application_name = 'millrace replication' and datname = current_database()",
    )
    process.kill(Number(pid), 'SIGSTOP')
    await rig.until(() => rig.observation.error !== null, 100)
    expect(rig.observation.error).toMatchObject({ code: 'CAPTURE_CONNECTION_LOST', message: expect.stringContaining('nothing was heard') })
    process.kill(Number(pid), 'SIGCONT')
    await rig.until(() => rig.observation.phase === 'running')
    await rig.sql('insert into a values (1)')
    await rig.changed('shop.a', 1)
  } finally {
    await rig.close()
  }
})

test('law 6: a quiet source proves itself alive, and does not hold back the log of a busy neighbour', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)')
  try {
    await rig.start()
    await rig.until(() => rig.observation.evidence['lastHeartbeatMs'] !== null)
    await postgres.query(
      "create table busy (t text); insert into busy select repeat('x', 900) from generate_series(1, 20000); drop table busy",
    )
    const [{ now } = {}] = await rig.sql('select pg_wal_lsn_diff(pg_current_wal_lsn(), $1)::float8 as now', ['0/0'])
    const confirmed = async (): Promise<number> => {
      const [row] = await rig.sql(
        `select pg_wal_lsn_diff(confirmed_flush_lsn, '0/0')::float8 as at from pg_replication_slots where slot_name = '${rig.slot}'`,
      )
      return Number(row?.['at'])
    }
    await rig.until(async () => (await confirmed()) >= Number(now), 100)
    expect(rig.reader.progress('shop')?.state['position']).toBeGreaterThanOrEqual(Number(now))
    expect(rig.observation).toMatchObject({ phase: 'running', error: null, changes: 0, lastChangeMs: null })
    expect(rig.observation.lagMs).toBeLessThan(3000)
    expect(JSON.stringify(rig.observation)).not.toContain('millrace:')
  } finally {
    await rig.close()
  }
})

test('a user who may not write heartbeats is followed all the same, and the evidence says so', async () => {
  const rig = await Rig.open(
    postgres,
    `create table a (id int primary key); create role mute login replication password 'x'; grant select on a to mute; create publication mute for table a with (publish_via_partition_root = true);
     revoke execute on function pg_logical_emit_message(boolean, text, text, boolean) from public`,
  )
  try {
    const url = new URL(rig.url)
    url.username = 'mute'
    url.password = 'x'
    rig.reconfigure({ config: { url: url.toString(), publication: 'mute' } })
    await rig.start()
    await rig.until(() => rig.observation.evidence['heartbeatRefused'] !== null)
    await rig.sql('insert into a values (1)')
    await rig.changed('shop.a', 1)
    expect(rig.observation.evidence['heartbeatRefused']).toContain('permission denied')
    expect(rig.observation.lastContactMs).not.toBeNull()
  } finally {
    await rig.close()
  }
})

test('the doctor tells all findings at once, each with the SQL that mends it', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)')
  try {
    const names = { project: 'rig', name: 'shop', config: rig.config }
    expect((await inspectPostgres(names)).filter(({ ok }) => !ok)).toEqual([])
    await rig.sql('create table keyless (id int)')
    expect((await inspectPostgres(names)).filter(({ ok }) => !ok)).toMatchObject([
      { check: 'table', fix: expect.stringContaining('REPLICA IDENTITY FULL') },
    ])
    const dead = { ...names, config: { ...names.config, url: 'postgres://x@127.0.0.1:1/y' } }
    expect(await inspectPostgres(dead)).toMatchObject([
      { check: 'connection', ok: false, detail: expect.stringContaining('SOURCE_UNREACHABLE') },
    ])
  } finally {
    await rig.close()
  }
})

test('a server whose log carries no rows is refused with the statement that mends it', async () => {
  const plain = await startPostgres({ settings: { wal_level: 'replica' } })
  try {
    const problem = await refusal({ url: plain.url })
    expect(problem).toMatchObject({ code: 'SOURCE_WAL_LEVEL', hint: expect.stringContaining('ALTER SYSTEM SET wal_level = logical;') })
    expect(
      (await inspectPostgres({ project: 'rig', name: 'shop', config: { kind: 'postgres', url: plain.url } })).find(
        ({ check }) => check === 'wal_level',
      ),
    ).toMatchObject({ ok: false })
  } finally {
    await plain.stop()
  }
})

test('what capture made in the source can be removed without a trace', async () => {
  const rig = await Rig.open(postgres, 'create table a (id int primary key)')
  try {
    await rig.start()
    await rig.stop()
    await rig.until(
      async () => (await rig.sql(`select active from pg_replication_slots where slot_name = '${rig.slot}'`))[0]?.['active'] === false,
    )
    await dropCapture({ project: 'rig', name: 'shop', config: rig.config })
    expect(
      await rig.sql(
        `select (select count(*) from pg_publication)::int + (select count(*) from pg_replication_slots where slot_name = '${rig.slot}')::int as left`,
      ),
    ).toEqual([{ left: 0 }])
  } finally {
    await rig.close()
  }
})
