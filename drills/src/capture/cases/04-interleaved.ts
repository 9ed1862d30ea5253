import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import type { Postgres } from '@millrace/testing'
import pg from 'pg'
import type { DrillCase } from '../drill-case.ts'

/** The end of one commit is where the next begins. Variants: the long one small, or sent in pieces. */
export const interleaved: readonly DrillCase[] = [
  { rows: 3, name: 'a long transaction around short ones, stopped in between, comes whole and once' },
  { rows: 60_000, name: 'the same where the long one is sent in pieces before it ends' },
].map(({ rows, name }) => ({ number: 4, name, needs: 'postgres', run: async ({ another }) => run(await another(), rows) }))

async function run(postgres: Postgres, rows: number): Promise<Record<string, number | boolean>> {
  await postgres.query(`alter system set logical_decoding_work_mem = '64kB'`)
  await postgres.query('select pg_reload_conf()')
  const rig = await Rig.open(postgres, 'create table a (id int primary key, note text)')
  const second = new pg.Client({ connectionString: rig.url })
  await second.connect()
  try {
    await rig.start()
    await rig.sql(`begin; insert into a select g, repeat('x', 200) from generate_series(1, ${rows}) g`)
    for (let id = 1; id <= 20; id += 1) await second.query('insert into a values ($1, null)', [-id])
    await rig.changed('shop.a', 20)
    await rig.stop()
    for (let id = 21; id <= 40; id += 1) await second.query('insert into a values ($1, null)', [-id])
    await rig.sql(`insert into a values (${rows + 1}, null); commit`)
    // At once, so that one commit ends where the next begins.
    await Promise.all(Array.from({ length: 20 }, (_, at) => second.query('insert into a values ($1, null)', [-41 - at])))
    await rig.start()
    const ids = (await rig.changed('shop.a', rows + 61)).map(({ after }) => Number(after[0]))
    assert(ids.length === rows + 61 && new Set(ids).size === ids.length, 'each row is there once')
    const long = ids.filter((id) => id > 0)
    assert(
      long.every((id, at) => id === at + 1),
      'the long one is in its own order',
    )
    assert(ids.indexOf(1) === 40 && ids.indexOf(rows + 1) === 40 + rows, 'it stands whole where it ended')
    return { rows: ids.length, sentInPieces: rows > 1000 }
  } finally {
    await second.end()
    await rig.close()
  }
}
