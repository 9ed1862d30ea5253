import { quoteIdentifier } from './catalog/table.ts'
import { connect } from './connect.ts'
import { publicationOf, slotOf, type SourceNames } from './postgres-capture.ts'
import { dropSlot } from './slot.ts'

/** Removes what capture made in the source: the slot, which holds back its log, and the publication. */
export async function dropCapture(names: SourceNames): Promise<void> {
  const control = await connect(names, 'control')
  try {
    await dropSlot(control.query, { source: names.name, database: control.address.database, slot: slotOf(names) })
    await control.query(`DROP PUBLICATION IF EXISTS ${quoteIdentifier(publicationOf(names))}`)
  } finally {
    control.close()
  }
}
