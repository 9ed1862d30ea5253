import { assert } from '@millrace/base'
import { MysqlRig } from '@millrace/capture/mysql-rig'
import { type Mariadb, startMariadb } from '@millrace/testing'
import type { DrillCase } from '../drill-case.ts'

const ITEM = 'create table item (id int primary key, note varchar(100), amount decimal(12,2))'
const LOST = 'CAPTURE_BINLOG_LOST'

type Evidence = Readonly<Record<string, string | number | boolean>>

function mariadbCase(name: string, work: (server: Mariadb) => Promise<Evidence>): DrillCase {
  return {
    number: 15,
    name,
    needs: 'mariadb',
    async run() {
      const server = await startMariadb()
      try {
        return await work(server)
      } finally {
        await server.stop()
      }
    },
  }
}

async function truth(rig: MysqlRig): Promise<string[]> {
  const rows = await rig.sql("select concat_ws('|', id, coalesce(note, '~'), coalesce(amount, '~')) as line from item")
  return rows.map(({ line }) => String(line)).sort()
}

async function assertEqual(rig: MysqlRig, what: string): Promise<number> {
  await rig.caughtUp()
  const rows = rig.folded('shop.item')
  assert(JSON.stringify(rows) === JSON.stringify(await truth(rig)), what)
  return rows.length
}

const failover = mariadbCase(
  'a replica that takes over continues the stream exactly, though its files and positions are its own',
  async (server) => {
    const replica = await startMariadb({ settings: { server_id: 2, log_slave_updates: 'ON' } })
    const rig = await MysqlRig.open(server, '')
    try {
      await replica.query(
        `reset master; change master to master_host = '127.0.0.1', master_port = ${server.port}, master_user = 'root', master_password = 'millrace', master_use_gtid = slave_pos; start slave`,
      )
      await rig.sql(`${ITEM}; insert into item select seq, 'before', seq from seq_1_to_500`)
      await rig.start()
      await rig.sql("update item set note = 'streamed' where id <= 100; delete from item where id = 5")
      await rig.caughtUp()
      const [last] = await rig.sql('select @@global.gtid_binlog_pos as gtid')
      await rig.until(async () => (await replica.query('select @@global.gtid_binlog_pos as gtid'))[0]?.['gtid'] === last?.['gtid'], 50)
      await rig.stop()
      await server.kill()
      await replica.query('stop slave; reset slave all')
      rig.server = replica
      await rig.reconnect()
      await rig.sql("insert into item values (1000, 'after', 1)")
      await rig.start()
      const rows = await assertEqual(rig, 'the stream equals the table on the new server')
      return { rows, rebuilt: false }
    } finally {
      await rig.close()
      await replica.stop()
    }
  },
)

const twin = mariadbCase('another server with the same file name, position and GTID is told apart', async (server) => {
  const other = await startMariadb()
  const rig = await MysqlRig.open(server, ITEM, { database: 'twin' })
  try {
    await rig.start()
    await rig.sql("insert into item values (1, 'a', 1); insert into item values (2, 'b', 2)")
    await rig.caughtUp()
    await rig.stop()
    const copy = await MysqlRig.open(other, ITEM, { database: 'twin' })
    await copy.sql(
      "insert into item values (1, 'X', 1); do sleep(1.1); insert into item values (2, 'Y', 2); insert into item values (3, 'Z', 3)",
    )
    rig.server = other
    rig.begin()
    const { code } = await rig.failure()
    await copy.close()
    assert(code === LOST, 'the other history is refused')
    assert(rig.changes('shop.item').length === 2, 'nothing of it was taken')
    return { code }
  } finally {
    await rig.close()
    await other.stop()
  }
})

const purged = mariadbCase('purged changes are loud, and the rebuild finds the deletes', async (server) => {
  const rig = await MysqlRig.open(server, `${ITEM}; insert into item select seq, 'n', seq from seq_1_to_100`)
  try {
    await rig.start()
    await rig.stop()
    await rig.sql("delete from item where id <= 40; flush binary logs; insert into item values (1000, 'x', 1); flush binary logs")
    await rig.until(async () => {
      const logs = await rig.sql('show binary logs')
      await rig.sql(`purge binary logs to '${String(logs.at(-1)?.['Log_name'])}'`)
      return (await rig.sql('show binary logs')).length === 1
    }, 50)
    rig.begin()
    const { code } = await rig.failure()
    assert(code === LOST, 'the gap is told')
    rig.reconfigure({ config: { generation: 2 } })
    await rig.start()
    const rows = await assertEqual(rig, 'the rebuilt stream equals the table, deletes included')
    return { code, rows, deletesFound: 40 }
  } finally {
    await rig.close()
  }
})

const gtid = mariadbCase(
  'the place is that of the binlog, also where the server itself is a replica that does not log what it replicates',
  async (server) => {
    const replica = await startMariadb({ settings: { server_id: 2, log_slave_updates: 'OFF' } })
    const rig = await MysqlRig.open(replica, `${ITEM}; insert into item values (1, 'own', 1)`)
    try {
      await replica.query(
        `change master to master_host = '127.0.0.1', master_port = ${server.port}, master_user = 'root', master_password = 'millrace', master_use_gtid = slave_pos; start slave`,
      )
      // In a domain of its own, so that the replica's two positions differ.
      await server.query(
        'set session gtid_domain_id = 7; create database elsewhere; create table elsewhere.t (id int primary key); insert into elsewhere.t values (1), (2)',
      )
      await rig.until(async () => (await replica.query("show databases like 'elsewhere'")).length === 1, 50)
      await rig.start()
      await rig.sql("insert into item values (2, 'b', 2)")
      await rig.caughtUp()
      await rig.stop()
      await rig.sql("insert into item values (3, 'c', 3)")
      await rig.start()
      const rows = await assertEqual(rig, 'the stream equals the table')
      const [place] = await rig.sql('select @@global.gtid_binlog_pos as binlog, @@global.gtid_current_pos as current')
      assert(place?.['binlog'] !== place?.['current'], 'the two positions of the server differ')
      return { rows, binlogPosition: String(place?.['binlog']), currentPosition: String(place?.['current']) }
    } finally {
      await rig.close()
      await replica.stop()
    }
  },
)

const withoutXid = mariadbCase('changes of MyISAM have no XID and arrive whole, once, over a restart', async (server) => {
  const rig = await MysqlRig.open(server, `${ITEM} engine=MyISAM; insert into item values (1, 'a', 1)`)
  try {
    await rig.start()
    await rig.sql("insert into item values (2, 'b', 2), (3, 'c', 3); update item set amount = 9 where id = 1")
    await rig.caughtUp()
    await rig.stop()
    await rig.sql('delete from item where id = 2; begin; insert into item values (4, null, null); rollback')
    await rig.start()
    const rows = await assertEqual(rig, 'the stream equals the table')
    return { rows }
  } finally {
    await rig.close()
  }
})

const collision = mariadbCase('two readers with one server id: the first ends with a clear error and loses nothing', async (server) => {
  const rig = await MysqlRig.open(server, ITEM)
  const other = await MysqlRig.open(server, ITEM, { config: { serverId: rig.serverId } })
  try {
    await rig.start()
    await other.start()
    const { code } = await rig.failure()
    assert(code === 'CAPTURE_SERVER_ID_TAKEN', 'the collision is named')
    await rig.sql("insert into item values (1, 'a', 1)")
    rig.reconfigure({ config: { serverId: rig.serverId + 100_000 } })
    await rig.start()
    const rows = await assertEqual(rig, 'what was written meanwhile is there')
    return { code, rows }
  } finally {
    await other.close()
    await rig.close()
  }
})

/** Failover, twin server, purge, `gtid_binlog_pos`, MyISAM, server ids. Killed between table maps stands in capture's own tests. */
export const mariadb: readonly DrillCase[] = [failover, twin, purged, gtid, withoutXid, collision]
