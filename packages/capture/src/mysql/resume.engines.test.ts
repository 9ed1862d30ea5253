import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MysqlRig } from './fixtures/mysql-rig.ts'
import { inspectMysql } from './inspect-mysql.ts'

let mariadb: Mariadb
beforeAll(async () => (mariadb = await startMariadb()))
afterAll(() => mariadb.stop())

const ITEM = 'create table item (id int primary key, note varchar(100), amount decimal(12,2))'

async function truth(rig: MysqlRig): Promise<string[]> {
  const rows = await rig.sql("select concat_ws('|', id, coalesce(note, '~'), coalesce(amount, '~')) as line from item")
  return rows.map(({ line }) => String(line)).sort()
}

/** A file that somebody reads, or that a checkpoint still needs, is not purged at once. */
async function purgeAllButLast(rig: MysqlRig): Promise<void> {
  await rig.until(async () => {
    const logs = await rig.sql('show binary logs')
    await rig.sql(`purge binary logs to '${String(logs.at(-1)?.['Log_name'])}'`)
    return (await rig.sql('show binary logs')).length === 1
  }, 50)
}

test('a server that crashes and comes back loses nothing and repeats nothing', async () => {
  const own = await startMariadb()
  const rig = await MysqlRig.open(own, ITEM)
  try {
    await rig.start()
    for (let round = 0; round < 3; round += 1) {
      await rig.sql(`insert into item select ${round} * 1000 + seq, 'x', seq from seq_1_to_500`)
      await own.kill()
      await own.start()
      await rig.reconnect()
    }
    await rig.sql('insert into item values (-1, null, null)')
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    expect(rig.changes('shop.item')).toHaveLength(1501)
  } finally {
    await rig.close()
    await own.stop()
  }
})

test('case 15: a group whose server died while writing it is passed over, and all that follows arrives', async () => {
  const own = await startMariadb()
  const rig = await MysqlRig.open(own, ITEM)
  try {
    await rig.sql("insert into item values (1, 'a', 1)")
    await rig.start()
    await rig.sql("insert into item values (2, 'b', 2)")
    await rig.caughtUp()
    await own.kill()
    tearLastGroup(own)
    await own.start()
    await rig.reconnect()
    await rig.sql("insert into item values (3, 'c', 3)")
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    await rig.stop()
    await rig.start()
    await rig.sql("insert into item values (4, 'd', 4)")
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
  } finally {
    await rig.close()
    await own.stop()
  }
})

/** Appends the newest group once more, under the next number and without its end, as a crash between table maps leaves it. */
function tearLastGroup(server: Mariadb): void {
  const folder = join(server.folder, 'data')
  const name =
    readdirSync(folder)
      .filter((file) => /^binlog\.\d+$/.test(file))
      .sort()
      .at(-1) ?? ''
  const path = join(folder, name)
  const bytes = readFileSync(path)
  const events: Buffer[] = []
  for (let at = 4; at < bytes.length; at += bytes.readUInt32LE(at + 9)) events.push(bytes.subarray(at, at + bytes.readUInt32LE(at + 9)))
  const first = events.findLastIndex((event) => event[4] === 162)
  let end = bytes.length
  for (const event of events.slice(first, -1)) {
    const copy = Buffer.from(event)
    if (copy[4] === 162) copy.writeBigUInt64LE(copy.readBigUInt64LE(19) + 1n, 19)
    // The row's key, so that it would be seen as a row of its own.
    if (copy[4] === 23) copy[copy.length - 4 - 11] = 99
    end += copy.length
    copy.writeUInt32LE(end, 13)
    copy.writeUInt32LE(crc32(copy.subarray(0, -4)), copy.length - 4)
    appendFileSync(path, copy)
  }
}

test('case 15: purged changes are told loudly, and a rebuild finds the deletes too', async () => {
  const rig = await MysqlRig.open(
    mariadb,
    `${ITEM}; insert into item values (1, 'stays', 1), (2, 'goes', 2); create table gone (id int primary key); insert into gone values (1)`,
  )
  try {
    await rig.start()
    await rig.sql("insert into item values (3, 'c', 3)")
    await rig.caughtUp()
    await rig.stop()
    await rig.sql(
      "delete from item where id = 2; drop table gone; flush binary logs; insert into item values (4, 'd', 4); flush binary logs",
    )
    await purgeAllButLast(rig)
    rig.begin()
    const error = await rig.failure()
    expect(error).toMatchObject({ code: 'CAPTURE_BINLOG_LOST', hint: expect.stringContaining('generation') })
    expect(rig.folded('shop.item')).toHaveLength(3)
    rig.reconfigure({ config: { generation: 2 } })
    await rig.start()
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    expect(rig.folded('shop.gone')).toEqual([])
    const transactions = rig.changes('shop.item').map(({ transaction }) => transaction)
    expect(transactions).toEqual([...transactions].sort((left, right) => left - right))
  } finally {
    await rig.close()
  }
})

test('a quiet source outlives the purge of files that it has read', async () => {
  const rig = await MysqlRig.open(mariadb, ITEM)
  try {
    await rig.start()
    await rig.sql("insert into item values (1, 'a', 1)")
    await rig.caughtUp()
    await rig.stop()
    await rig.sql('flush binary logs; flush binary logs')
    await purgeAllButLast(rig)
    await rig.start()
    await rig.sql("insert into item values (2, 'b', 2)")
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
  } finally {
    await rig.close()
  }
})

test('where a rebuild is wished for, a lost place leads to one by itself, and is told', async () => {
  const rig = await MysqlRig.open(mariadb, `${ITEM}; insert into item values (1, 'a', 1), (2, 'b', 2)`, { config: { whenLost: 'rebuild' } })
  try {
    await rig.start()
    await rig.stop()
    await rig.sql("delete from item where id = 1; flush binary logs; insert into item values (7, 'g', 7); flush binary logs")
    await purgeAllButLast(rig)
    await rig.start()
    await rig.sql("insert into item values (8, 'h', 8)")
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    expect(rig.observation.evidence['rebuilds']).toBe(1)
  } finally {
    await rig.close()
  }
})

test('case 15: after a failover to a replica, the stream goes on there exactly, whatever its files are called', async () => {
  const replica = await startMariadb({ settings: { server_id: 2, log_slave_updates: 'ON' } })
  const rig = await MysqlRig.open(mariadb, `${ITEM}; insert into item values (1, 'a', 1)`)
  try {
    const place = (await rig.sql('select @@global.gtid_binlog_pos as gtid'))[0]?.['gtid']
    await replica.query(`create database ${rig.database}; use ${rig.database}; ${ITEM}; insert into item values (1, 'a', 1); reset master; set global gtid_slave_pos = '${String(place)}';
      change master to master_host = '127.0.0.1', master_port = ${mariadb.port}, master_user = 'root', master_password = 'millrace', master_use_gtid = slave_pos; start slave`)
    await rig.start()
    await rig.sql("insert into item values (2, 'b', 2); update item set note = 'z' where id = 1; insert into item values (3, 'c', 3)")
    await rig.caughtUp()
    await rig.stop()
    await rig.sql("insert into item values (4, 'only here at first', 4)")
    const [last] = await rig.sql('select @@global.gtid_binlog_pos as gtid')
    await rig.until(async () => (await replica.query('select @@global.gtid_binlog_pos as gtid'))[0]?.['gtid'] === last?.['gtid'], 50)
    await replica.query('stop slave; reset slave all')
    rig.server = replica
    await rig.reconnect()
    await rig.sql("insert into item values (5, 'there', 5)")
    await rig.start()
    await rig.caughtUp()
    expect(rig.folded('shop.item')).toEqual(await truth(rig))
    expect(rig.changes('shop.item').filter(({ operation }) => operation === 'insert')).toHaveLength(5)
  } finally {
    rig.server = mariadb
    await rig.close()
    await replica.stop()
  }
})

test('case 15: another server with the same file name, position and GTIDs is told apart', async () => {
  const one = await startMariadb()
  const two = await startMariadb()
  const rig = await MysqlRig.open(one, ITEM, { database: 'twin' })
  try {
    await rig.start()
    await rig.sql("insert into item values (1, 'a', 1); insert into item values (2, 'b', 2)")
    await rig.caughtUp()
    await rig.stop()
    const [mine] = await rig.sql('show master status')
    const twin = await MysqlRig.open(two, ITEM, { database: 'twin' })
    await twin.sql(
      "insert into item values (1, 'X', 1); do sleep(1.1); insert into item values (2, 'Y', 2); insert into item values (3, 'Z', 3)",
    )
    expect((await twin.sql('show binlog events')).some(({ End_log_pos }) => Number(End_log_pos) === Number(mine?.['Position']))).toBe(true)
    rig.server = two
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_BINLOG_LOST' })
    expect(rig.changes('shop.item')).toHaveLength(2)
    await twin.close()
    rig.server = one
    await rig.start()
  } finally {
    await rig.close()
    await one.stop()
    await two.stop()
  }
})

test('case 15: a server that lacks what was taken is refused, not waited for', async () => {
  const behind = await startMariadb()
  const rig = await MysqlRig.open(mariadb, ITEM)
  try {
    await rig.start()
    await rig.sql("insert into item values (1, 'a', 1); insert into item values (2, 'b', 2)")
    await rig.caughtUp()
    await rig.stop()
    rig.server = behind
    await behind.query(`create database ${rig.database}; use ${rig.database}; ${ITEM}`)
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_BINLOG_LOST' })
  } finally {
    rig.server = mariadb
    await rig.close()
    await behind.stop()
  }
})

test('case 15: two readers under one server id: the first is told so, and resumes once it has its own', async () => {
  const rig = await MysqlRig.open(mariadb, ITEM)
  const other = await MysqlRig.open(mariadb, ITEM, { config: { serverId: rig.serverId } })
  try {
    await rig.start()
    await other.start()
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_SERVER_ID_TAKEN', hint: expect.stringContaining('serverId') })
    rig.reconfigure({ config: { serverId: rig.serverId + 100_000 } })
    await rig.start()
    await rig.sql("insert into item values (1, 'a', 1)")
    await rig.caughtUp()
    expect(rig.changes('shop.item')).toHaveLength(1)
    await rig.stop()
    rig.reconfigure({ config: { serverId: 1 } })
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'CAPTURE_SERVER_ID_TAKEN', message: expect.stringContaining('server itself') })
  } finally {
    await other.close()
    await rig.close()
  }
})

test('a connection that is killed is made again; silence of the server is noticed', async () => {
  const rig = await MysqlRig.open(mariadb, ITEM, { silenceMsMax: 60_000 })
  try {
    await rig.start()
    for (let round = 1; round <= 3; round += 1) {
      const dumps = await rig.sql("select id from information_schema.processlist where command = 'Binlog Dump'")
      for (const { id } of dumps) await rig.sql(`kill ${String(id)}`).catch(() => undefined)
      await rig.sql(`insert into item values (${round}, 'x', 1)`)
      await rig.caughtUp()
    }
    expect(rig.changes('shop.item')).toHaveLength(3)
    await rig.stop()
    rig.reconfigure({ silenceMsMax: 100 })
    rig.begin()
    await rig.until(() => rig.observation.error?.code === 'CAPTURE_CONNECTION_LOST')
  } finally {
    await rig.close()
  }
})

test('a quiet source shows its heartbeats and where the server is; a busy neighbour moves its place', async () => {
  const rig = await MysqlRig.open(mariadb, ITEM)
  try {
    await rig.start()
    await mariadb.query(
      'create database if not exists neighbour; create or replace table neighbour.n (id int primary key); insert into neighbour.n values (1)',
    )
    await rig.caughtUp()
    await rig.until(() => rig.observation.evidence['lastHeartbeatMs'] !== null && rig.observation.lagMs === 0)
    expect(rig.observation).toMatchObject({ phase: 'running', changes: 0, error: null })
    expect(rig.reader.streams().map(({ name }) => name)).toEqual(['shop.item'])
    await rig.until(() => rig.observation.evidence['behindBytes'] === 0)
  } finally {
    await rig.close()
  }
})

test.each([
  ['binlog_format', "'MIXED'", "'ROW'"],
  ['binlog_row_image', "'MINIMAL'", "'FULL'"],
  ['binlog_row_metadata', "'NO_LOG'", "'FULL'"],
])('a server with %s = %s is refused with the statement that mends it', async (setting, wrong, right) => {
  const rig = await MysqlRig.open(mariadb, ITEM)
  try {
    await mariadb.query(`set global ${setting} = ${wrong}`)
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_MYSQL_SETTING', hint: expect.stringContaining(`SET GLOBAL ${setting}`) })
    const findings = await inspectMysql({ project: 'rig', name: 'shop', config: rig.config })
    expect(findings.filter(({ ok }) => !ok).map(({ check, fix }) => [check, fix?.split(' = ')[0]])).toEqual([
      [setting, `SET GLOBAL ${setting}`],
    ])
    await mariadb.query(`set global ${setting} = ${right}`)
    await rig.start()
    expect((await inspectMysql({ project: 'rig', name: 'shop', config: rig.config })).filter(({ ok }) => !ok)).toEqual([])
  } finally {
    await mariadb.query(`set global ${setting} = ${right}`)
    await rig.close()
  }
})

test('a server whose metadata is cut while it streams is told at the first change that lacks names', async () => {
  const rig = await MysqlRig.open(mariadb, ITEM)
  try {
    await rig.start()
    await mariadb.query("set global binlog_row_metadata = 'MINIMAL'")
    await rig.sql("flush tables; insert into item values (1, 'a', 1)")
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_MYSQL_SETTING', message: expect.stringContaining('binlog_row_metadata') })
  } finally {
    await mariadb.query("set global binlog_row_metadata = 'FULL'")
    await rig.close()
  }
})

test('a server without a binlog is refused, and one that is too old or speaks to nobody says so', async () => {
  const own = await startMariadb({ settings: { skip_log_bin: 1 } })
  const rig = await MysqlRig.open(own, ITEM)
  try {
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_MYSQL_SETTING', message: expect.stringContaining('log_bin') })
    rig.reconfigure({ config: { url: own.urlFor({ database: 'nowhere' }) } })
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_DATABASE_MISSING' })
    rig.reconfigure({ config: { url: own.urlFor({ database: rig.database, password: 'wrong' }) } })
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_MYSQL_AUTHENTICATION', message: expect.not.stringContaining('wrong') })
    rig.reconfigure({ config: { url: 'postgres://x/y' } })
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_MYSQL_URL' })
    rig.reconfigure({ config: { tables: ['nosuch'], url: own.urlFor({ database: rig.database }) } })
    expect(
      (await inspectMysql({ project: 'rig', name: 'shop', config: rig.config })).filter(({ ok }) => !ok).map(({ check }) => check),
    ).toEqual(['log_bin', 'binlog', 'tables'])
  } finally {
    await rig.close()
    await own.stop()
  }
})

test('the least privileges suffice, over TLS, and a password by reference is read anew when it rotates', async () => {
  const own = await startMariadb({ tls: true })
  const rig = await MysqlRig.open(own, ITEM)
  const secret = join(rig.folder, 'secret')
  writeFileSync(secret, 'first\n')
  const url = new URL(own.urlFor({ user: 'reader', password: '', database: rig.database })).toString()
  const tls = { certificateAuthority: own.certificatePem ?? '' }
  rig.reconfigure({ config: { url, password: { secret: 'file', path: secret }, tls } })
  try {
    await own.query("create user reader@'%' identified by 'first' require ssl; grant select on `" + rig.database + "`.* to reader@'%'")
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_PERMISSION', hint: expect.stringContaining('GRANT REPLICATION SLAVE') })
    const findings = await inspectMysql({ project: 'rig', name: 'shop', config: rig.config })
    expect(findings.find(({ check }) => check === 'privileges')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('REPLICATION CLIENT'),
    })
    await own.query("grant replication slave, replication client on *.* to reader@'%'")
    await rig.start()
    await rig.sql("insert into item values (1, 'a', 1)")
    await rig.caughtUp()
    await own.query("alter user reader@'%' identified by 'second'")
    writeFileSync(secret, 'second\n')
    const mine = "select id from information_schema.processlist where user = 'reader'"
    for (const { id } of await own.query(mine)) await own.query(`kill ${String(id)}`).catch(() => undefined)
    await rig.sql("insert into item values (2, 'b', 2)")
    await rig.caughtUp()
    expect(rig.changes('shop.item')).toHaveLength(2)
    await rig.stop()
    rig.reconfigure({ config: { url, password: { secret: 'file', path: secret }, tls: {} } })
    rig.begin()
    expect(await rig.failure()).toMatchObject({ code: 'SOURCE_TLS' })
  } finally {
    await rig.close()
    await own.stop()
  }
})
