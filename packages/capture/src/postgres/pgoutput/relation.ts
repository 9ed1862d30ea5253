import type { ReplicaIdentity } from '../catalog/table.ts'

/** A relation message: the shape of a table, sent before its first change and after each alteration. */
export interface RelationColumn {
  readonly name: string
  readonly typeOid: number
  readonly typeModifier: number
  /** Part of what identifies a row to the source. */
  readonly key: boolean
}

export interface Relation {
  readonly oid: number
  readonly schemaName: string
  readonly tableName: string
  readonly identity: ReplicaIdentity
  readonly columns: readonly RelationColumn[]
}

export function readRelation(buffer: Buffer, start: number): Relation {
  const oid = buffer.readUInt32BE(start)
  const schemaEnd = buffer.indexOf(0, start + 4)
  const tableEnd = buffer.indexOf(0, schemaEnd + 1)
  const count = buffer.readUInt16BE(tableEnd + 2)
  const columns: RelationColumn[] = []
  let at = tableEnd + 4
  for (let index = 0; index < count; index += 1) {
    const nameEnd = buffer.indexOf(0, at + 1)
    columns.push({
      name: buffer.toString('utf8', at + 1, nameEnd),
      typeOid: buffer.readUInt32BE(nameEnd + 1),
      typeModifier: buffer.readInt32BE(nameEnd + 5),
      key: buffer[at] === 1,
    })
    at = nameEnd + 9
  }
  return {
    oid,
    schemaName: buffer.toString('utf8', start + 4, schemaEnd) || 'pg_catalog',
    tableName: buffer.toString('utf8', schemaEnd + 1, tableEnd),
    identity: String.fromCharCode(buffer[tableEnd + 1] as number) as ReplicaIdentity,
    columns,
  }
}

/** Whether two messages say the same of a table. */
export function sameRelation(left: Relation, right: Relation): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}
