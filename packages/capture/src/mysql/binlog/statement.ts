/**
 * What a statement of the binlog means for capture. The binlog of rows still tells as text what is no row:
 * the borders of transactions, and every change of a table's shape. Only what capture must act on is
 * understood; a statement that would change rows unseen is named as such.
 */
import { type AlterStatement, readAlter } from './alter-statement.ts'
import { type CascadingReference, readReferences } from './references.ts'
import { type TableName, Tokens } from './tokens.ts'

export type Statement =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'rollback-to' | 'other' }
  /** `name` is the transaction's name as the statement writes it. */
  | { readonly kind: 'xa'; readonly verb: string; readonly name: string; readonly isOnePhase: boolean }
  | { readonly kind: 'truncate' | 'drop'; readonly tables: readonly TableName[] }
  | {
      readonly kind: 'create'
      readonly table: TableName
      readonly isReplacing: boolean
      readonly references: readonly CascadingReference[]
    }
  | { readonly kind: 'drop-database'; readonly database: string }
  | { readonly kind: 'rename'; readonly pairs: readonly { readonly from: TableName; readonly to: TableName }[] }
  | AlterStatement
  /** Changes rows without telling them. */
  | { readonly kind: 'rows' }

const ROWS = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'LOAD', 'CALL', 'WITH', 'IMPORT'])

export function readStatement(sql: string): Statement {
  const tokens = Tokens.of(sql)
  let verb = tokens.word()
  // `SET STATEMENT max_statement_time = 10 FOR TRUNCATE t` is what stands behind FOR.
  while (verb === 'SET' && tokens.take('STATEMENT') && tokens.skipTo('FOR')) verb = tokens.word()
  switch (verb) {
    case 'BEGIN':
      return { kind: 'begin' }
    case 'START':
      return { kind: tokens.take('TRANSACTION') ? 'begin' : 'other' }
    case 'COMMIT':
      return { kind: 'commit' }
    case 'ROLLBACK':
      return { kind: tokens.take('TO') || (tokens.take('WORK') && tokens.take('TO')) ? 'rollback-to' : 'rollback' }
    case 'XA':
      return readXa(tokens)
    case 'TRUNCATE':
      tokens.take('TABLE')
      return { kind: 'truncate', tables: [tokens.name()] }
    case 'DROP':
      return readDrop(tokens)
    case 'RENAME':
      return readRename(tokens)
    case 'ALTER':
      return readAlter(tokens) ?? { kind: 'other' }
    case 'CREATE':
      return readCreate(tokens)
    case 'DELETE':
      return readDelete(tokens)
    default:
      return { kind: ROWS.has(verb) ? 'rows' : 'other' }
  }
}

function readXa(tokens: Tokens): Statement {
  const verb = tokens.word()
  const rest = tokens.rest()
  const isOnePhase = rest.endsWith('ONE PHASE')
  const name = rest.replace(/ ?ONE PHASE$/, '').replace(/ (JOIN|RESUME|SUSPEND.*)$/, '')
  return {
    kind: 'xa',
    verb,
    name: name.replaceAll(' ', '').replaceAll(/[xX]'([0-9a-fA-F]*)'/g, (_whole, hex: string) => `X'${hex.toLowerCase()}'`),
    isOnePhase,
  }
}

function readDrop(tokens: Tokens): Statement {
  if (tokens.take('DATABASE') || tokens.take('SCHEMA')) {
    tokens.skip('IF', 'EXISTS')
    return { kind: 'drop-database', database: tokens.name().table }
  }
  if (!tokens.take('TABLE') && !tokens.take('TABLES')) return { kind: 'other' }
  tokens.skip('IF', 'EXISTS')
  const tables = [tokens.name()]
  while (tokens.take(',')) tables.push(tokens.name())
  return { kind: 'drop', tables }
}

function readRename(tokens: Tokens): Statement {
  if (!tokens.take('TABLE') && !tokens.take('TABLES')) return { kind: 'other' }
  tokens.skip('IF', 'EXISTS')
  const pairs: { from: TableName; to: TableName }[] = []
  do {
    const from = tokens.name()
    while (!tokens.isAtEnd && !tokens.take('TO')) tokens.word()
    pairs.push({ from, to: tokens.name() })
  } while (tokens.take(','))
  return { kind: 'rename', pairs }
}

function readCreate(tokens: Tokens): Statement {
  const isReplacing = tokens.is('OR')
  tokens.skip('OR', 'REPLACE')
  if (!tokens.take('TABLE')) return { kind: 'other' }
  tokens.skip('IF', 'NOT', 'EXISTS')
  return { kind: 'create', table: tokens.name(), isReplacing, references: readReferences(tokens) }
}

/** Without a condition it empties the table, as servers write it for tables in memory after a restart. */
function readDelete(tokens: Tokens): Statement {
  if (!tokens.take('FROM')) return { kind: 'rows' }
  const name = tokens.name()
  tokens.take(';')
  return tokens.isAtEnd ? { kind: 'truncate', tables: [name] } : { kind: 'rows' }
}
