/** Foreign keys whose rows change with those that they refer to. InnoDB does that below the binlog: no event tells of it. */
import type { TableName, Tokens } from './tokens.ts'

export interface CascadingReference {
  readonly parent: TableName
  /** The parent's columns that are referred to. */
  readonly columns: readonly string[]
  readonly onDelete: boolean
  readonly onUpdate: boolean
}

/** Of a definition of a table or a column, those that cascade. */
export function readReferences(tokens: Tokens): CascadingReference[] {
  const references: CascadingReference[] = []
  while (tokens.skipTo('REFERENCES')) {
    const parent = tokens.name()
    const columns = tokens.parameters().map((column) => column.replaceAll(/^'|'$/g, ''))
    if (tokens.take('MATCH')) tokens.word()
    const rules = { onDelete: false, onUpdate: false }
    while (tokens.take('ON')) {
      const rule = tokens.word() === 'DELETE' ? 'onDelete' : 'onUpdate'
      const action = tokens.word()
      // SET NULL and SET DEFAULT; NO ACTION and RESTRICT change no row.
      if (action === 'SET' || action === 'NO') tokens.word()
      rules[rule] = action === 'CASCADE' || action === 'SET'
    }
    if (rules.onDelete || rules.onUpdate) references.push({ parent, columns, ...rules })
  }
  return references
}
