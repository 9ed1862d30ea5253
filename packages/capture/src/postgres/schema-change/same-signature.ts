import { readSignatures } from '../catalog/read-signatures.ts'
import type { Table } from '../catalog/table.ts'
import { joinedParts, silentChange } from '../catalog/table-signature.ts'
import type { Query } from '../connect.ts'

/**
 * Whether the table is still as it was when its description was read: no row may have changed in silence
 * since. To be asked within the transaction that reads it, once that holds a lock on the table.
 */
export async function sameSignature(query: Query, { oid, signature }: Table): Promise<boolean> {
  const now = (await readSignatures(query, [oid])).get(oid)
  if (now === undefined || Object.keys(now.storage).length === 0) return Object.keys(signature.storage).length === 0 && now !== undefined
  const present = { ...now, masks: signature.masks, left: signature.left }
  const sameColumns = JSON.stringify(Object.keys(present.attributes)) === JSON.stringify(Object.keys(signature.attributes))
  return sameColumns && silentChange(signature, present) === null && joinedParts(signature, present).length === 0
}
