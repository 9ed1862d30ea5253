import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import type { DrillCase } from '../drill-case.ts'

/** Signs of life tell positions far behind the first rows of a transaction that has not ended. */
export const keepalive: DrillCase = {
  number: 3,
  name: 'positions that the server tells by the way pass a transaction in progress, and none of its rows is lost',
  needs: 'postgres',
  async run({ postgres }) {
    const rig = await Rig.open(postgres, 'create table a (id int primary key, note text)')
    try {
      await rig.start()
      await rig.sql('begin; insert into a select g, repeat($$x$$, 100) from generate_series(1, 2000) g')
      const [{ first } = {}] = await rig.sql('select pg_current_wal_insert_lsn()::text as first')
      await postgres.query('select pg_switch_wal()')
      let isPassed = false
      for (let second = 0; second < 20 && !isPassed; second += 1) {
        await sleep(500)
        const [slot] = await postgres.query(
          'select confirmed_flush_lsn > $1::pg_lsn as passed from pg_replication_slots where slot_name = $2',
          [first, rig.slot],
        )
        isPassed = slot?.['passed'] === true
      }
      assert(isPassed, 'a quiet slot moves past the beginning of what is in progress')
      await rig.stop()
      await rig.start()
      await rig.sql('commit')
      const changes = await rig.changed('shop.a', 2000)
      assert(changes.length === 2000 && changes.every(({ after }, at) => after[0] === at + 1), 'each row is there once')
      return { rows: changes.length, acknowledgedPastItsBeginning: isPassed }
    } finally {
      await rig.close()
    }
  },
}
