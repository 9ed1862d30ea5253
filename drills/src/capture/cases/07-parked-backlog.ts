import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { assert } from '@millrace/base'
import { countParked } from '@millrace/capture'
import { openReader } from '@millrace/store'
import pg from 'pg'
import { startCapped } from '../capped-capture.ts'
import type { DrillCase } from '../drill-case.ts'

const PARKED = 9000
const WAITING = process.env['MILLRACE_DRILL_FULL'] === '1' ? 3_000_000 : 300_000
const HEAP_MEGABYTES = 200
const MEMORY_MEGABYTES_MAX = 512

/** Both kinds of backlog at once: records that were set aside, and changes that wait in the slot. */
export const parkedBacklog: DrillCase = {
  number: 7,
  name: 'a restart with many records parked and many changes waiting stays under the memory cap',
  needs: 'postgres',
  async run({ postgres, folder, signal }) {
    await postgres.query('create database backlog')
    const url = postgres.urlFor({ database: 'backlog' })
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    await client.connect()
    await client.query(
      'create table bad (id int primary key, amount numeric(8,2), note text); create table good (id int primary key, note text)',
    )
    const storePath = join(folder, 'store.db')
    const options = { heapMegabytes: HEAP_MEGABYTES, storePath, sources: { shop: url } }
    let capture = startCapped(options)
    try {
      await capture.ready
      const reader = openReader(storePath)
      const parked = (): number => countParked(reader).reduce((sum, { count }) => sum + count, 0)
      const until = async (isSo: () => boolean): Promise<void> => {
        while (!isSo()) {
          assert(!signal.aborted, `what is awaited comes: ${parked()} are parked`)
          await sleep(50)
        }
      }
      await client.query(`insert into bad select g, 'NaN', repeat(md5(g::text), 60) from generate_series(1, ${PARKED}) g`)
      await until(() => parked() === PARKED)
      await capture.stop()
      for (let at = 0; at < WAITING; at += 10_000) {
        await client.query(`insert into good select g, repeat('w', 200) from generate_series(${at + 1}, ${at + 10_000}) g`)
      }
      await client.query('update bad set amount = 1 where id <= 100; insert into bad values (0, 1, null)')
      capture = startCapped(options)
      await capture.ready
      const count = (stream: string): number =>
        reader.streams().some(({ name }) => name === stream) ? reader.extents(stream).reduce((sum, { next }) => sum + next, 0) : 0
      await until(() => count('shop.good') === WAITING && parked() === PARKED + 100 && count('shop.bad') === 1)
      reader.close()
      const peakMegabytes = await capture.stop()
      assert(peakMegabytes < MEMORY_MEGABYTES_MAX, `memory stays below ${MEMORY_MEGABYTES_MAX} MB: it was ${peakMegabytes}`)
      return { parked: PARKED, waited: WAITING, parkedBehind: 100, peakMegabytes }
    } finally {
      capture.child.kill('SIGKILL')
      await client
        .query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = 'drill_shop' and not active`)
        .catch(() => undefined)
      await client.end()
    }
  },
}
