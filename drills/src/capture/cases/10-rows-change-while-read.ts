import { Rig } from '@millrace/capture/rig'
import { assert } from '@millrace/base'
import type { CaseGround, DrillCase } from '../drill-case.ts'
import { expectSame } from '../same-rows.ts'

const ROWS = 8000

export const rowsChangeWhileRead: DrillCase = {
  number: 10,
  name: 'Rows that are updated and deleted while they are read do not rise from the dead',
  needs: 'postgres',
  async run({ postgres }: CaseGround) {
    const table = (name: string): string =>
      `create table ${name} (id int primary key, note text, big text); alter table ${name} alter big set storage external;
       insert into ${name} select g, 'old', repeat(md5(g::text), 70) from generate_series(1, ${ROWS}) g`
    const rig = await Rig.open(postgres, table('first'), { chunkBlocks: 2, config: { snapshot: { rowsPerSecondMax: 5000 } } })
    let changed = 0
    const churn = async (name: string): Promise<void> => {
      const id = (changed * 7919) % ROWS
      await rig.sql(`update ${name} set note = 'new' where id between $1 and $2`, [id, id + 20])
      await rig.sql(`delete from ${name} where id between $1 and $2`, [id + 5, id + 9])
      await rig.sql(`update ${name} set id = -id where id = $1`, [id + 12])
      changed += 27
    }
    try {
      rig.begin()
      await rig.until(async () => {
        await churn('first')
        return rig.observation.phase === 'running'
      })
      const duringFirst = changed
      await rig.sql(table('late'))
      await rig.until(async () => {
        await churn('late')
        return rig.reader.streams().some(({ name }) => name === 'shop.late') && rig.changes('shop.late').length > 0
      })
      const duringLate = changed - duringFirst
      await rig.capture?.backfill({ stream: 'shop.first', where: null })
      await rig.until(async () => {
        await churn('first')
        return rig.capture?.fillOf('shop.first')?.ended === true
      })
      assert(Math.min(duringFirst, duringLate) > 300, 'hundreds of rows changed while others were read')
      await rig.sql("insert into first values (-99999, 'end', ''); insert into late values (-99999, 'end', '')")
      await rig.until(() => ['first', 'late'].every((name) => rig.changes(`shop.${name}`).some(({ after }) => after[0] === -99_999)))
      await expectSame(rig, 'first')
      await expectSame(rig, 'late')
      return { duringFirst, duringLate, duringBackfill: changed - duringFirst - duringLate }
    } finally {
      await rig.close()
    }
  },
}
