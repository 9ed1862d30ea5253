import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { assert } from '@millrace/base'
import { openReader } from '@millrace/store'
import pg from 'pg'
import { startCapped } from '../capped-capture.ts'
import type { DrillCase } from '../drill-case.ts'

const ROWS = process.env['MILLRACE_DRILL_FULL'] === '1' ? 10_000_000 : 1_000_000
const HEAP_MEGABYTES = 512
const STATEMENT_ROWS = 100_000
const OTHER_LAG_MS_MAX = 5000

/** One transaction of ten million rows (a million where time is short), while another source goes on. */
export const largeTransaction: DrillCase = {
  number: 6,
  name: `a transaction of ${ROWS} rows comes while it is made, under ${HEAP_MEGABYTES} MB, and other sources flow on`,
  needs: 'postgres',
  async run({ another, folder, signal }) {
    const postgres = await another()
    await postgres.query('create database large; ')
    await postgres.query('create database small')
    const large = await connected(postgres.urlFor({ database: 'large' }))
    const small = await connected(postgres.urlFor({ database: 'small' }))
    await large.query('create table a (id bigint primary key, note text, at timestamptz)')
    await small.query('create table b (id int primary key)')
    const storePath = join(folder, 'store.db')
    const capture = startCapped({ heapMegabytes: HEAP_MEGABYTES, storePath, sources: { large: large.url, small: small.url } })
    try {
      await capture.ready
      const reader = openReader(storePath)
      const count = (stream: string): number =>
        reader.streams().some(({ name }) => name === stream) ? reader.extents(stream).reduce((sum, { next }) => sum + next, 0) : 0
      await large.query('begin')
      let partsBeforeTheEnd = 0
      let otherLagMs = 0
      for (let row = 0, id = 0; row < ROWS; row += STATEMENT_ROWS, id += 1) {
        await large.query(
          `insert into a select g, 'a note of some length, as they are: ' || g, now() from generate_series(${row + 1}, ${row + STATEMENT_ROWS}) g`,
        )
        const began = performance.now()
        await small.query('insert into b values ($1)', [id])
        while (count('small.b') <= id) {
          assert(!signal.aborted, 'the other source flows on')
          await sleep(5)
        }
        otherLagMs = Math.max(otherLagMs, performance.now() - began)
        partsBeforeTheEnd = Number(reader.control('select count(*) as n from store_tail')[0]?.['n'])
        assert(count('large.a') === 0, 'nothing shows of a transaction that has not ended')
      }
      const [{ open } = {}] = reader.control('select coalesce(sum(count), 0) as open from store_tail')
      await large.query('commit')
      const ended = performance.now()
      while (count('large.a') < ROWS) {
        assert(!signal.aborted, 'the transaction shows')
        await sleep(20)
      }
      const showMs = performance.now() - ended
      let last = 0
      for (const stored of reader.read('large.a')) {
        const { after, indexes, count: rows } = stored.batch()
        for (let at = 0; at < rows; at += 1, last += 1)
          assert(after[0]?.values[at] === last + 1 && indexes[at] === last, 'each row once, in order')
      }
      assert(last === ROWS, 'every row is there')
      assert(partsBeforeTheEnd > 0, 'the transaction came before its end')
      assert(otherLagMs < OTHER_LAG_MS_MAX, `the other source flows on: it waited ${Math.round(otherLagMs)} ms`)
      reader.close()
      const peakMegabytes = await capture.stop()
      assert(peakMegabytes < HEAP_MEGABYTES, `memory stays below ${HEAP_MEGABYTES} MB: it was ${peakMegabytes}`)
      return {
        rows: ROWS,
        rowsHereBeforeItsEnd: Number(open),
        shownAfterMs: Math.round(showMs),
        otherLagMsMax: Math.round(otherLagMs),
        peakMegabytes,
      }
    } finally {
      capture.child.kill('SIGKILL')
      await large.end()
      await small.end()
    }
  },
}

async function connected(url: string): Promise<pg.Client & { url: string }> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return Object.assign(client, { url })
}
