import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import type { CaseGround, DrillCase } from '../drill-case.ts'

/** 256 MB of the server's log; `MILLRACE_DRILL_FULL=1` writes the whole gigabyte. */
const QUICK_MEGABYTES = 256
const FULL_MEGABYTES = 1024
const MB = 1_000_000
/** Of what was written elsewhere, so little may still be kept once the slot has moved on. */
const KEPT_BYTES_MAX = 20 * MB

/** Nothing happens in the captured table while the rest of the server is busy. */
export const quietTable: readonly DrillCase[] = [
  {
    number: 2,
    name: 'a quiet table beside a busy database of the same server does not hold back the log',
    needs: 'postgres',
    run: (ground) => run(ground, { isReadOnly: false }),
  },
  {
    number: 2,
    name: 'nor does it where the user may never write',
    needs: 'postgres',
    run: (ground) => run(ground, { isReadOnly: true }),
  },
]

async function run({ postgres }: CaseGround, { isReadOnly }: { isReadOnly: boolean }): Promise<Record<string, string | number | boolean>> {
  const rig = await Rig.open(postgres, 'create table quiet (id int primary key); insert into quiet values (1)')
  const user = `quiet_${rig.slot}`
  try {
    if (isReadOnly) {
      await rig.sql(`create role ${user} login replication password 'millrace'; grant select on quiet to ${user};
        create publication ${rig.slot} for table quiet with (publish_via_partition_root = true); alter role ${user} set default_transaction_read_only = on`)
      const database = new URL(rig.url).pathname.slice(1)
      rig.reconfigure({ config: { url: postgres.urlFor({ user, password: 'millrace', database }) } })
    }
    await rig.start()
    await rig.changed('shop.quiet', 1)
    const kept = async (): Promise<number> => {
      const [row] = await postgres.query<{ kept: number }>(
        'select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 as kept from pg_replication_slots where slot_name = $1',
        [rig.slot],
      )
      return row?.kept ?? Infinity
    }
    const megabytes = process.env['MILLRACE_DRILL_FULL'] === '1' ? FULL_MEGABYTES : QUICK_MEGABYTES
    await postgres.query('create table if not exists busy (note text)')
    for (let written = 0; written < megabytes; written += 8) {
      await postgres.query(`insert into busy select repeat(md5(random()::text), 250) from generate_series(1, 1024)`)
      await postgres.query(`select pg_logical_emit_message(false, 'busy', repeat('x', 1000000)) from generate_series(1, 8)`)
    }
    await postgres.query('truncate busy')
    let most = 0
    await rig.until(async () => {
      const now = await kept()
      most = Math.max(most, now)
      return now < KEPT_BYTES_MAX
    }, 200)
    const left = await kept()
    await rig.sql('insert into quiet values (2)')
    const changes = await rig.changed('shop.quiet', 2)
    assert(changes.length === 2, 'the quiet table still flows')
    return {
      writtenElsewhereMegabytes: megabytes,
      keptBytesMost: Math.round(most),
      keptBytesAfter: Math.round(left),
      readOnlyUser: isReadOnly,
    }
  } finally {
    await rig.close()
  }
}
