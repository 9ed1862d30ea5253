import { assert } from '@millrace/base'
import { Rig } from '@millrace/capture/rig'
import type { DrillCase } from '../drill-case.ts'

const ROWS = 5000

/** A COPY writes many rows in one record of the server's log. */
export const onePosition: DrillCase = {
  number: 5,
  name: 'many rows of one position keep an identity each, also when they come again',
  needs: 'postgres',
  async run({ postgres }) {
    const rig = await Rig.open(postgres, 'create table a (id int primary key, note text)', { partitions: 3 })
    try {
      await rig.start()
      await rig.sql(`copy a from program 'seq 1 ${ROWS} | sed "s/$/\\tcopied/"'`)
      await rig.sql(`insert into a values ${Array.from({ length: ROWS }, (_, at) => `(${ROWS + 1 + at}, 'listed')`).join(', ')}`)
      await rig.changed('shop.a', 2 * ROWS)
      await rig.stop()
      await rig.start()
      await rig.sql(`update a set note = 'again' where id = 1`)
      const changes = await rig.changed('shop.a', 2 * ROWS + 1)
      const identities = new Set(changes.map(({ transaction, index }) => `${transaction}.${index}`))
      assert(changes.length === 2 * ROWS + 1, 'each change is there once')
      assert(identities.size === changes.length, 'no two changes share an identity')
      const transactions = new Set(changes.map(({ transaction }) => transaction))
      assert(transactions.size === 3, 'the changes of one commit share its position')
      return { changes: changes.length, identities: identities.size, commits: transactions.size }
    } finally {
      await rig.close()
    }
  },
}
