/** A column as MODIFY and CHANGE define it anew. */
import type { Tokens } from './tokens.ts'

export interface ColumnDefinition {
  readonly column: string
  /** In capitals: `VARCHAR`. */
  readonly type: string
  /** What stands in its brackets, as it is written: `10`, `2`, or `'red'`, `'blue'`. */
  readonly parameters: readonly string[]
  /** Its values are those of an expression. */
  readonly isGenerated: boolean
  /** The server numbers the rows by it. */
  readonly isNumbered: boolean
  /** Whether it may be NULL, where it says so. */
  readonly isNullable: boolean | null
}

const SYNONYMS: Readonly<Record<string, string>> = { CHARACTER: 'CHAR', NCHAR: 'CHAR', NVARCHAR: 'VARCHAR', REAL: 'DOUBLE' }

/** What stands behind the column's name. */
export function readDefinition(column: string, tokens: Tokens): ColumnDefinition {
  const word = tokens.word()
  const isNational = word === 'NATIONAL'
  const first = isNational ? tokens.word() : word
  const isVarying = tokens.take('VARYING') || first === 'LONG'
  const type = isVarying ? 'VARCHAR' : (SYNONYMS[first] ?? first)
  const parameters = tokens.parameters()
  const words = tokens.rest().split(' ')
  return {
    column,
    type,
    parameters,
    isGenerated: words.includes('AS') || words.includes('GENERATED'),
    isNullable: words.includes('NULL') ? words[words.indexOf('NULL') - 1] !== 'NOT' : null,
    isNumbered: words.includes('AUTO_INCREMENT') || type === 'SERIAL',
  }
}
