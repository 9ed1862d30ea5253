/**
 * The changes of one MariaDB binlog, read by Millrace up to the decoded batch and up to the durable log,
 * and by `@vlasky/zongji` alone. All read the same bytes of the same server in the same run, by turns.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom, systemClock } from '@millrace/base'
import { MysqlCapture } from '@millrace/capture'
import type { LogReader, LogWriter } from '@millrace/core'
import { openStore } from '@millrace/store'
import { type Mariadb, startMariadb } from '@millrace/testing'
import ZongJi from '@vlasky/zongji'
import { median } from '../spine/median.ts'
import { CountedWriter, dropWriter } from './counted-writer.ts'
import { Stopwatch } from './stopwatch.ts'

export interface MariadbBenchOptions {
  readonly rounds: number
  readonly rows: number
  readonly note: (line: string) => void
}

interface Measured {
  readonly changes: number
  readonly seconds: number
  readonly cpuSeconds: number
}

const DATABASE = 'bench'
const ROWS_A_STATEMENT = 1000
const TABLE = `create table item (id bigint primary key, customer int not null, note varchar(80), amount decimal(12,2),
  state enum('new','paid','sent') not null, made datetime(6) not null, changed timestamp(3) not null, rate double, is_open tinyint not null)`

export async function mariadbBench({ rounds, rows, note }: MariadbBenchOptions): Promise<Record<string, number>> {
  const server = await startMariadb()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-mariadb-'))
  try {
    const place = await prepare(server, folder, rows)
    const results: Record<'decoded' | 'durable' | 'zongji', Measured[]> = { decoded: [], durable: [], zongji: [] }
    for (let round = 0; round <= rounds; round += 1) {
      const measured = {
        decoded: await runOurs(server, { folder, rows, isDurable: false }),
        zongji: await runZongji(server, { gtid: place, rows }),
        durable: await runOurs(server, { folder, rows, isDurable: true }),
      }
      // The first round warms up all three.
      if (round === 0) continue
      for (const [name, result] of Object.entries(measured)) results[name as keyof typeof results].push(result)
      note(
        Object.entries(measured)
          .map(([name, { changes, seconds }]) => `${name} ${Math.round(changes / seconds / 1000)} k rows/s`)
          .join(', '),
      )
    }
    return figuresOf(results)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await server.stop()
  }
}

/** A store whose progress stands before the workload, and the binlog with the workload. Yields that place. */
async function prepare(server: Mariadb, folder: string, rows: number): Promise<string> {
  await server.query(`create database ${DATABASE}; use ${DATABASE}; ${TABLE}`)
  const store = await openStore(join(folder, 'before.db'))
  const reader = store.reader()
  const stop = new AbortController()
  const run = captureOf(server, { writer: store, reader }).run(stop.signal)
  while (reader.progress('shop') === null) await systemClock.sleep(20, stop.signal)
  stop.abort()
  await run
  const place = String(reader.progress('shop')?.state['gtid'])
  reader.close()
  await store.close()
  for (let first = 1; first <= rows; first += ROWS_A_STATEMENT) {
    const last = Math.min(rows, first + ROWS_A_STATEMENT - 1)
    await server.query(`insert into ${DATABASE}.item select seq, seq % 9973, concat('a note for the row ', seq, ' of many'), seq / 7, 1 + seq % 3,
      '2026-11-21 12:00:00.123456' + interval seq second, '2026-11-21 12:00:00.123', seq / 3, seq % 2 from seq_${first}_to_${last}`)
  }
  return place
}

function captureOf(server: Mariadb, { writer, reader }: { writer: LogWriter; reader: LogReader }): MysqlCapture {
  return new MysqlCapture({
    project: 'bench',
    name: 'shop',
    config: { kind: 'mysql', url: server.urlFor({ database: DATABASE }) },
    writer,
    reader,
    clock: systemClock,
    random: seededRandom(1),
    partitionsOf: () => 1,
  })
}

async function runOurs(
  server: Mariadb,
  { folder, rows, isDurable }: { folder: string; rows: number; isDurable: boolean },
): Promise<Measured> {
  const path = join(folder, 'round.db')
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  copyFileSync(join(folder, 'before.db'), path)
  const store = await openStore(path)
  const reader = store.reader()
  const stop = new AbortController()
  const watch = new Stopwatch({ warmUp: 0, changes: rows })
  const writer = new CountedWriter(isDurable ? store : dropWriter, (changes) => watch.add(changes))
  watch.start()
  const run = captureOf(server, { writer, reader }).run(stop.signal)
  await Promise.race([watch.end, run])
  stop.abort()
  await run
  reader.close()
  await store.close()
  return watch.result
}

async function runZongji(server: Mariadb, { gtid, rows }: { gtid: string; rows: number }): Promise<Measured> {
  const url = new URL(server.urlFor({ database: DATABASE }))
  const zongji = new ZongJi({ host: url.hostname, port: Number(url.port), user: url.username, password: url.password, dateStrings: true })
  const watch = new Stopwatch({ warmUp: 0, changes: rows })
  zongji.on('binlog', (event) => {
    if ('rows' in event && Array.isArray(event.rows)) watch.add(event.rows.length)
  })
  const failed = new Promise<never>((_resolve, reject) => zongji.on('error', reject))
  failed.catch(() => undefined)
  watch.start()
  const started = zongji.start({
    serverId: 987_654,
    gtidSet: gtid,
    includeEvents: ['rotate', 'tablemap', 'writerows', 'updaterows', 'deleterows'],
    includeSchema: { [DATABASE]: true },
  })
  await Promise.race([watch.end, failed])
  await Promise.resolve(started)
  await Promise.resolve(zongji.stop())
  return watch.result
}

function figuresOf({ decoded, durable, zongji }: Record<'decoded' | 'durable' | 'zongji', readonly Measured[]>): Record<string, number> {
  const rate = (results: readonly Measured[]): number => Math.round(median(results.map(({ changes, seconds }) => changes / seconds)))
  const cpu = (results: readonly Measured[]): number => median(results.map(({ changes, cpuSeconds }) => (cpuSeconds / changes) * 1e6))
  const ratio = (left: readonly Measured[]): number =>
    median(left.map(({ changes, seconds }, at) => changes / seconds / ((zongji[at]?.changes ?? 1) / (zongji[at]?.seconds ?? 1))))
  return {
    rowsPerSecond: rate(decoded),
    durableRowsPerSecond: rate(durable),
    zongjiRowsPerSecond: rate(zongji),
    ofZongji: rounded(ratio(decoded)),
    durableOfZongji: rounded(ratio(durable)),
    decodedCpuSecondsPerMillion: rounded(cpu(decoded)),
    durableCpuSecondsPerMillion: rounded(cpu(durable)),
    zongjiCpuSecondsPerMillion: rounded(cpu(zongji)),
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
