import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import type { DrillCase } from '../drill-case.ts'

const IDENTITIES = {
  default: '',
  full: 'alter table t replica identity full;',
  index: 'create unique index by_code on t (code); alter table t replica identity using index by_code;',
} as const

/** Large values that an update leaves alone are not sent again. With each replica identity, in the stream and in pieces. */
export const unchangedValues: readonly DrillCase[] = Object.entries(IDENTITIES).map(([identity, statement]) => ({
  number: 8,
  name: `a large value that did not change is never null and never another one (identity ${identity})`,
  needs: 'postgres',
  run: async ({ postgres }) => {
    const rig = await Rig.open(
      postgres,
      `create table t (id int primary key, code int not null, body text, data jsonb, list text[], n int);
       alter table t alter body set storage external, alter data set storage external, alter list set storage external; ${statement}
       insert into t select g, g, repeat('s', 9000), jsonb_build_object('k', repeat('s', 9000)), array[repeat('s', 9000), null], 0 from generate_series(1, 3) g`,
    )
    try {
      await rig.start()
      await rig.sql(
        `begin; insert into t values (4, 4, repeat('i', 9000), null, array[repeat('i', 9000)], 0); update t set n = 1 where id = 4; update t set n = 2 where id = 4; commit`,
      )
      await rig.sql('update t set n = n + 1; update t set body = null where id = 1; update t set n = null')
      await rig.sql(`update t set id = id + 100, code = code + 100 where id = 2; update t set data = '{}' where id = 3`)
      await rig.sql(
        `begin; delete from t where id = 3; insert into t values (3, 3, repeat('n', 9000), null, null, 7); update t set n = 8 where id = 3; commit`,
      )
      await rig.stop()
      await rig.start()
      await rig.sql('update t set n = 100 where id > 3')
      const truth = async (): Promise<string[]> =>
        (
          await rig.sql(
            `select concat_ws('|', id, code, coalesce(body, '~'), coalesce(data::text, '~'), coalesce(list::text, '~'), coalesce(n::text, '~')) as row from t`,
          )
        )
          .map(({ row }) => String(row))
          .sort()
      const expected = await truth()
      await rig.until(() => rig.folded('shop.t').join('\n') === expected.join('\n'))
      const changes = rig.changes('shop.t')
      const untold = changes.filter(({ operation, after }) => operation === 'update' && after[2] === undefined).length
      assert(
        identity === 'full' ? untold === 0 : untold > 0,
        'an unchanged value is taken from the old row where that tells it, and from nowhere else',
      )
      return { rows: expected.length, changes: changes.length, updatesWithoutTheValue: untold }
    } finally {
      await rig.close()
    }
  },
}))
