/** Which tables change with which others, as the catalog tells it to whoever may only SELECT. */
import { readStatement } from '../binlog/statement.ts'
import type { CascadingReference } from '../binlog/references.ts'
import { caseOfName, type NameCase } from '../name-case.ts'
import { type Connection, quoteName } from '../connect.ts'

/** A captured table whose rows change with those of another one, without an event. */
export interface Cascade {
  readonly child: string
  /** With its database: `shop.orders`. */
  readonly parent: string
  readonly columns: readonly string[]
  readonly onDelete: boolean
  readonly onUpdate: boolean
}

/** `information_schema` would keep the rules of foreign keys from a user without further privileges. */
export async function readCascades(control: Connection, tables: readonly string[], names: NameCase): Promise<Cascade[]> {
  const cascades: Cascade[] = []
  for (const table of tables) {
    const [row] = await control.query<{ 'Create Table': string }>(`SHOW CREATE TABLE ${quoteName(table)}`)
    const statement = readStatement(row?.['Create Table'] ?? '')
    if (statement.kind !== 'create') continue
    const database = caseOfName(control.address.database, names)
    cascades.push(...statement.references.map((reference) => cascadeOf(table, reference, (name) => caseOfName(name ?? database, names))))
  }
  return cascades
}

export function cascadeOf(child: string, reference: CascadingReference, nameOf: (name: string | null) => string): Cascade {
  const { parent, columns, onDelete, onUpdate } = reference
  return { child, parent: `${nameOf(parent.database)}.${nameOf(parent.table)}`, columns, onDelete, onUpdate }
}

/** From MySQL 9.6 on the server itself carries cascades out, with events, unless it is told otherwise. */
export function areCascadesLogged(variables: ReadonlyMap<string, string>): boolean {
  return variables.get('innodb_native_foreign_keys') === 'OFF'
}
