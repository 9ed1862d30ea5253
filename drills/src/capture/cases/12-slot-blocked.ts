import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import type { CaseGround, DrillCase } from '../drill-case.ts'
import { expectSame } from '../same-rows.ts'

export const slotBlocked: DrillCase = {
  number: 12,
  name: 'An open transaction that holds a new slot up is told with its process, leaves no walsender, and does not hold up the stream',
  needs: 'postgres',
  async run({ another }: CaseGround) {
    const postgres = await another()
    const rig = await Rig.open(postgres, 'create table item (id int primary key, note text)')
    const walsenders = async (): Promise<number> => {
      const [row] = await rig.sql("select count(*)::int as count from pg_stat_activity where backend_type = 'walsender'")
      return Number(row?.['count'])
    }
    const waitForNobody = async (): Promise<void> => {
      await postgres.query("alter system set synchronous_standby_names = ''")
      await postgres.query('select pg_reload_conf()')
    }
    try {
      await rig.sql("begin; insert into item values (1, 'open')")
      rig.begin()
      await rig.until(() => rig.observation.error?.code === 'CAPTURE_SLOT_BLOCKED', 100)
      const [{ pid } = {}] = await rig.sql('select pg_backend_pid() as pid')
      const message = rig.observation.error?.message ?? ''
      assert(message.includes(`process ${String(pid)}`), `the blocker is named: ${message}`)
      await rig.sql('commit')
      await rig.until(() => rig.observation.phase === 'running', 50)
      assert((await walsenders()) <= 1, 'no walsender is left behind')

      // A transaction whose commit is in the log and not visible yet: it waits for a standby that never comes.
      // Until it does, another one is open, or the table's snapshot might be taken before there is anything to wait for.
      const aside = await rig.another()
      await aside.query('set synchronous_commit = local')
      await aside.query("begin; insert into item values (9, 'undone')")
      await rig.sql("create table late (id int primary key, note text); insert into late values (1, 'before')")
      await postgres.query("alter system set synchronous_standby_names = 'nobody'")
      await postgres.query('select pg_reload_conf()')
      await rig.until(async () => (await rig.sql('show synchronous_standby_names'))[0]?.['synchronous_standby_names'] === 'nobody')
      const blocked = rig.sql("set synchronous_commit = on; begin; insert into late values (2, 'waits'); commit").catch(() => undefined)
      await rig.until(async () => {
        const [waiting] = await postgres.query(`select wait_event from pg_stat_activity where pid = ${String(pid)}`)
        return waiting?.['wait_event'] === 'SyncRep'
      }, 50)
      await aside.query('rollback')
      await rig.until(() => {
        const error = String(rig.observation.evidence['fillError'] ?? '')
        return error.includes('CAPTURE_SLOT_BLOCKED') && error.includes(`process ${String(pid)}`)
      }, 100)
      assert(
        !rig.reader.streams().some(({ name }) => name === 'shop.late') || rig.changes('shop.late').length === 0,
        'no snapshot is taken past a commit that is not visible yet',
      )
      await aside.query("insert into item values (2, 'meanwhile')")
      await aside.end()
      await rig.until(() => rig.changes('shop.item').some(({ after }) => after[0] === 2))
      const told = String(rig.observation.evidence['fillError'])
      await postgres.query('set synchronous_commit = off')
      await waitForNobody()
      await blocked
      await rig.sql("insert into late values (3, 'after'); insert into item values (3, 'after')")
      await rig.until(
        () =>
          ['late', 'item'].every(
            (name) =>
              rig.reader.streams().some((stream) => stream.name === `shop.${name}`) &&
              rig.changes(`shop.${name}`).some(({ after }) => after[0] === 3),
          ),
        50,
      )
      await expectSame(rig, 'late')
      await expectSame(rig, 'item')
      return { blocker: message, whileAStandbyIsAwaited: told }
    } finally {
      await waitForNobody()
      await rig.close()
    }
  },
}
