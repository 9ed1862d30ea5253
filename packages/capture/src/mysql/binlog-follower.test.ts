import { deflateSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { EVENT } from './binlog/event-type.ts'
import { event, int, mariadbGtid, mysqlGtid, query, row, rowsEvent, tableMap } from './fixtures/binlog-events.ts'
import { openEventBench } from './fixtures/event-bench.ts'
import { IncompleteGroup } from './incomplete-group.ts'

const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562'
const MICROS = 1_795_254_735_123_456
const XID = event(EVENT.XID, int(1, 8))

test('a transaction of MySQL carries its own microseconds and its set of GTIDs', async () => {
  const bench = openEventBench('mysql', { gtid: `${UUID}:1-4` })
  await bench.take(event(EVENT.GTID, mysqlGtid(UUID, 5, MICROS)))
  await bench.take(event(EVENT.QUERY, query('d', 'BEGIN')))
  await bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
  await bench.take(event(EVENT.WRITE_ROWS, rowsEvent([row(2n ** 64n - 1n, 'naïve', int(-5, 4)), row(2n, null, null)])))
  await bench.take(event(EVENT.UPDATE_ROWS, rowsEvent([row(2n, null, null), row(2n, 'b', int(7, 4))], { images: 2 })))
  await bench.take(event(EVENT.DELETE_ROWS, rowsEvent([row(2n, 'b', int(7, 4))])))
  await bench.take(XID)
  expect(await bench.changes()).toEqual(
    [
      { operation: 'insert', transaction: 1, index: 0, time: MICROS, after: [2n ** 64n - 1n, 'naïve', -5], before: null },
      { operation: 'insert', transaction: 1, index: 1, time: MICROS, after: [2, null, null], before: null },
      { operation: 'update', transaction: 1, index: 2, time: MICROS, after: [2, 'b', 7], before: [2, null, null] },
      { operation: 'delete', transaction: 1, index: 3, time: MICROS, after: [2, 'b', 7], before: null },
    ].map((change) => ({ ...change, before: change.before ?? [undefined, undefined, undefined] })),
  )
  expect(bench.sets.at(-1)?.progress).toMatchObject({ transaction: 1, state: { gtid: `${UUID}:1-5` } })
})

test('a transaction that MySQL compressed as a whole is read as if it had not', async () => {
  const bench = openEventBench('mysql')
  const bare = { checksum: 'none' as const }
  const inner = Buffer.concat([
    event(EVENT.QUERY, query('d', 'BEGIN'), bare),
    event(EVENT.TABLE_MAP, tableMap('d', 'item'), bare),
    event(EVENT.WRITE_ROWS, rowsEvent([row(1n, 'a', int(1, 4))]), bare),
    event(EVENT.XID, int(1, 8), bare),
  ])
  const payload = zstdCompressSync(inner)
  const fields = Buffer.concat([
    Buffer.from([2, 1, 0, 3, 3, 0xfc]),
    int(inner.length, 2),
    Buffer.from([1, 3, 0xfc]),
    int(payload.length, 2),
    Buffer.from([0]),
  ])
  await bench.take(event(EVENT.GTID, mysqlGtid(UUID, 1, MICROS)))
  await bench.take(event(EVENT.TRANSACTION_PAYLOAD, Buffer.concat([fields, payload])))
  expect((await bench.changes()).map(({ after }) => after)).toEqual([[1, 'a', 1]])
})

test('rows that MariaDB compressed are read', async () => {
  const bench = openEventBench('mariadb')
  const rows = row(1n, 'a', int(1, 4))
  const head = rowsEvent([])
  const body = Buffer.concat([head.subarray(0, 8), head.subarray(10), Buffer.from([0x81, rows.length]), deflateSync(rows)])
  await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(1)))
  await bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
  await bench.take(event(EVENT.MARIADB_WRITE_ROWS_COMPRESSED_V1, body))
  await bench.take(event(EVENT.QUERY, query('d', 'COMMIT')))
  expect((await bench.changes()).map(({ after }) => after)).toEqual([[1, 'a', 1]])
  expect(bench.sets.at(-1)?.progress).toMatchObject({ state: { gtid: '0-1-1', dialect: 'mariadb' } })
})

test.each([
  ['a part of a JSON value', EVENT.PARTIAL_UPDATE_ROWS, Buffer.alloc(8), 'CAPTURE_BINLOG_UNREADABLE'],
  ['a transaction without a GTID', EVENT.ANONYMOUS_GTID, Buffer.alloc(8), 'CAPTURE_BINLOG_UNREADABLE'],
  ['a tagged GTID', EVENT.GTID_TAGGED, Buffer.alloc(8), 'CAPTURE_BINLOG_UNREADABLE'],
  ['an incident of the server', EVENT.INCIDENT, Buffer.alloc(8), 'CAPTURE_BINLOG_LOST'],
])('%s ends the capture with a clear error', async (_name, type, body, code) => {
  const bench = openEventBench('mysql')
  await expect(async () => bench.take(event(type, body))).rejects.toMatchObject({ code })
})

test('an event whose checksum does not match is never taken', async () => {
  const bench = openEventBench('mariadb')
  await expect(async () => bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(1), { checksum: 'wrong' }))).rejects.toMatchObject({
    code: 'CAPTURE_BINLOG_DAMAGED',
  })
})

test('a table without the names of its columns is refused, not guessed', async () => {
  const bench = openEventBench('mariadb')
  await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(1)))
  await expect(async () => bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item', { withNames: false })))).rejects.toMatchObject({
    code: 'SOURCE_MYSQL_SETTING',
  })
})

test('a group that has rows and no end is named when the next one begins', async () => {
  const bench = openEventBench('mariadb')
  await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(1), { position: 700 }))
  await bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
  await bench.take(event(EVENT.WRITE_ROWS, rowsEvent([row(1n, 'a', int(1, 4))])))
  await expect(async () => bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(2)))).rejects.toEqual(
    new IncompleteGroup('binlog.000001:700', '0-1-1'),
  )
})

test('rows of other databases are passed over, and their transactions still move the place', async () => {
  const bench = openEventBench('mariadb')
  await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(9)))
  await bench.take(event(EVENT.TABLE_MAP, tableMap('other', 'item')))
  await bench.take(event(EVENT.WRITE_ROWS, rowsEvent([row(1n, 'a', int(1, 4))])))
  await bench.take(XID)
  expect(await bench.changes()).toEqual([])
  expect(bench.log.state).toMatchObject({ gtid: '0-1-9' })
})

test('what is in the log already is known again by its likeness; another domain may come before it', async () => {
  const first = openEventBench('mariadb')
  const proving = async (bench: typeof first): Promise<void> => {
    await bench.take(event(EVENT.MARIADB_GTID, mariadbGtid(5)))
    await bench.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
    await bench.take(event(EVENT.WRITE_ROWS, rowsEvent([row(1n, 'a', int(1, 4))])))
    await bench.take(XID)
  }
  await proving(first)
  const { proof } = first.log.state
  const state = { gtid: '0-1-5,7-1-2', before: '0-1-4,7-1-2', proof }
  const again = openEventBench('mariadb', state, { isProofWanted: true })
  const other = Buffer.concat([int(3, 8), int(7, 4), Buffer.alloc(7)])
  await again.take(event(EVENT.MARIADB_GTID, other))
  await again.take(event(EVENT.TABLE_MAP, tableMap('d', 'item')))
  await again.take(event(EVENT.WRITE_ROWS, rowsEvent([row(2n, 'b', int(2, 4))])))
  await again.take(XID)
  expect(again.log.state.gtid).toBe('0-1-5,7-1-3')
  await proving(again)
  expect((await again.changes()).map(({ after }) => after)).toEqual([[2, 'b', 2]])
  const stranger = openEventBench('mariadb', { ...state, proof: proof.replace('1000000000', '1001000000') }, { isProofWanted: true })
  await expect(proving(stranger)).rejects.toMatchObject({ code: 'CAPTURE_BINLOG_LOST' })
  const behind = openEventBench('mariadb', state, { isProofWanted: true })
  await expect(async () => behind.take(event(EVENT.HEARTBEAT, Buffer.from('binlog.000001'), { position: 500 }))).rejects.toMatchObject({
    code: 'CAPTURE_BINLOG_LOST',
  })
})
