import { setTimeout as sleep } from 'node:timers/promises'
import { assert, MillraceError } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import type { LogWriter } from '@millrace/core'
import type { DrillCase } from '../drill-case.ts'

const ROWS = 500
const HANG_SECONDS = 4

/** The log takes nothing, the server is busy and asks for signs of life, and capture ends without a word. */
export const durableFirst: DrillCase = {
  number: 1,
  name: 'a log that hangs is not acknowledged for, and every row that it did not take comes again',
  needs: 'postgres',
  async run({ postgres }) {
    const rig = await Rig.open(postgres, 'create table a (id int primary key, note text)')
    const disk = Promise.withResolvers<never>()
    disk.promise.catch(() => undefined)
    const giveUp = (): void => disk.reject(new MillraceError('STORE_DISK_FULL', { details: { path: rig.storePath } }))
    try {
      await rig.start()
      await rig.sql('insert into a values (0, null)')
      await rig.changed('shop.a', 1)
      await rig.stop()
      let hung = 0
      rig.reconfigure({
        writer: (store): LogWriter => ({
          commit(set) {
            if (set.appends === undefined) return store.commit(set)
            hung += 1
            return disk.promise
          },
        }),
      })
      await rig.start()
      await rig.sql('insert into a values (1, null)')
      // The end of its commit, or later. What lies before its commit may well be acknowledged: a heartbeat, for one.
      const [{ firstEnd } = {}] = await rig.sql('select pg_current_wal_insert_lsn()::text as "firstEnd"')
      for (let id = 2; id <= ROWS; id += 1) await rig.sql('insert into a values ($1, null)', [id])
      await rig.until(() => hung === 1)
      for (let second = 0; second < HANG_SECONDS; second += 1) {
        await rig.sql('select pg_logical_emit_message(false, $1, $2), pg_switch_wal()', ['other', 'noise'])
        await sleep(1000)
        const [slot] = await rig.sql('select confirmed_flush_lsn < $1::pg_lsn as kept from pg_replication_slots where slot_name = $2', [
          firstEnd,
          rig.slot,
        ])
        assert(slot?.['kept'] === true, 'the slot stands before the first row that is not durable')
      }
      giveUp()
      await rig.stop()
      rig.reconfigure({ writer: (store) => store })
      await rig.start()
      const ids = (await rig.changed('shop.a', ROWS + 1)).map(({ after }) => after[0])
      assert(ids.length === ROWS + 1 && ids.every((id, at) => id === at), 'each row is there once, in order')
      return { rows: ROWS, hungSeconds: HANG_SECONDS, repeated: 0 }
    } finally {
      // Else whatever went wrong would be hidden behind a capture that waits for its log.
      giveUp()
      await rig.close()
    }
  },
}
