/**
 * What a statement of the binlog means for capture. The binlog of rows still tells as text what is no row:
 * the borders of transactions, and every change of a table's shape. Only what capture must act on is
 * understood; a statement that would change rows unseen is named as such.
 */
import { type Token, tokensOf } from './statement-tokens.ts'

export interface TableName {
  /** Null: of the statement's own default database. */
  readonly database: string | null
  readonly table: string
}

export type Statement =
  | { readonly kind: 'begin' | 'commit' | 'rollback' | 'rollback-to' | 'other' }
  /** `name` is the transaction's name as the statement writes it. */
  | { readonly kind: 'xa'; readonly verb: string; readonly name: string; readonly isOnePhase: boolean }
  | { readonly kind: 'truncate' | 'drop'; readonly tables: readonly TableName[] }
  | { readonly kind: 'create'; readonly table: TableName; readonly isReplacing: boolean }
  | { readonly kind: 'drop-database'; readonly database: string }
  | { readonly kind: 'rename'; readonly pairs: readonly { readonly from: TableName; readonly to: TableName }[] }
  /** `why` it changes rows that are there already, or their columns' meaning; null where it does not. */
  | { readonly kind: 'alter'; readonly table: TableName; readonly why: string | null; readonly to: TableName | null }
  /** Changes rows without telling them. */
  | { readonly kind: 'rows' }

const ROWS = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'LOAD', 'CALL', 'WITH', 'IMPORT'])

export function readStatement(sql: string): Statement {
  const tokens = new Tokens(tokensOf(sql))
  const verb = tokens.word()
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
      return readAlter(tokens)
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
  return { kind: 'create', table: tokens.name(), isReplacing }
}

/** Without a condition it empties the table, as servers write it for tables in memory after a restart. */
function readDelete(tokens: Tokens): Statement {
  if (!tokens.take('FROM')) return { kind: 'rows' }
  const name = tokens.name()
  tokens.take(';')
  return tokens.isAtEnd ? { kind: 'truncate', tables: [name] } : { kind: 'rows' }
}

function readAlter(tokens: Tokens): Statement {
  while (tokens.take('ONLINE') || tokens.take('IGNORE'));
  if (!tokens.take('TABLE')) return { kind: 'other' }
  tokens.skip('IF', 'EXISTS')
  const table = tokens.name()
  let why: string | null = null
  let to: TableName | null = null
  for (const part of tokens.parts()) {
    if (part.take('RENAME') && !part.is('COLUMN') && !part.is('INDEX') && !part.is('KEY')) {
      part.take('TO')
      part.take('AS')
      to = part.name()
    } else {
      part.rewind()
      why ??= whyOfPart(part)
    }
  }
  return { kind: 'alter', table, why, to }
}

const NOT_COLUMNS = new Set(['INDEX', 'KEY', 'UNIQUE', 'PRIMARY', 'CONSTRAINT', 'FOREIGN', 'FULLTEXT', 'SPATIAL', 'CHECK', 'PARTITION'])

function whyOfPart(part: Tokens): string | null {
  const verb = part.word()
  if (verb === 'ADD') return part.isOneOf(NOT_COLUMNS) ? null : whyOfAdded(part)
  if (verb === 'DROP') {
    if (part.is('PARTITION')) return 'a partition was dropped with its rows'
    return part.isOneOf(NOT_COLUMNS) ? null : 'a column was dropped'
  }
  if (verb === 'TRUNCATE' || verb === 'EXCHANGE') return 'the rows of a partition were taken out'
  if (verb === 'DISCARD' || verb === 'IMPORT') return 'its tablespace was exchanged'
  if (verb === 'RENAME' && part.is('COLUMN')) return 'a column was renamed'
  if (verb === 'CHANGE') {
    part.take('COLUMN')
    part.skip('IF', 'EXISTS')
    return part.name().table.toLowerCase() === part.name().table.toLowerCase() ? null : 'a column was renamed'
  }
  return null
}

/** A column that brings a value into the rows that are there: those rows come by no event. */
function whyOfAdded(part: Tokens): string | null {
  if (part.is('SYSTEM') || part.is('PERIOD')) return 'system versioning was added'
  const words = part.rest().split(' ')
  for (const [at, word] of words.entries()) {
    if (word === 'DEFAULT' && words[at + 1] !== 'NULL') return 'a column was added with a default, which the rows that are there have now'
    if (word === 'NOT' && words[at + 1] === 'NULL')
      return 'a column was added that is NOT NULL, so the rows that are there have a value in it now'
    if (word === 'GENERATED' || word === 'AS' || word === 'AUTO_INCREMENT' || word === 'SERIAL') {
      return 'a column was added that the server fills in the rows that are there'
    }
  }
  return null
}

class Tokens {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  rewind(): void {
    this.#at = 0
  }

  /** The next word in capitals; empty at the end. */
  word(): string {
    const token = this.#tokens[this.#at]
    this.#at += 1
    return token === undefined || token.isName ? '' : token.text.toUpperCase()
  }

  is(word: string): boolean {
    const token = this.#tokens[this.#at]
    return token !== undefined && !token.isName && token.text.toUpperCase() === word
  }

  isOneOf(words: ReadonlySet<string>): boolean {
    const token = this.#tokens[this.#at]
    return token !== undefined && !token.isName && words.has(token.text.toUpperCase())
  }

  take(word: string): boolean {
    if (!this.is(word)) return false
    this.#at += 1
    return true
  }

  skip(...words: readonly string[]): void {
    if (this.is(words[0] ?? '')) for (const word of words) this.take(word)
  }

  name(): TableName {
    const first = this.#tokens[this.#at]?.text ?? ''
    this.#at += 1
    if (!this.take('.')) return { database: null, table: first }
    const table = this.#tokens[this.#at]?.text ?? ''
    this.#at += 1
    return { database: first, table }
  }

  rest(): string {
    return this.#tokens
      .slice(this.#at)
      .map(({ text, isName }) => (isName ? text : text.toUpperCase()))
      .join(' ')
  }

  /** What stands between commas, outside of brackets. */
  parts(): Tokens[] {
    const parts: Token[][] = [[]]
    let depth = 0
    for (const token of this.#tokens.slice(this.#at)) {
      if (!token.isName && token.text === '(') depth += 1
      if (!token.isName && token.text === ')') depth -= 1
      if (!token.isName && token.text === ',' && depth === 0) parts.push([])
      else parts.at(-1)?.push(token)
    }
    return parts.map((part) => new Tokens(part))
  }
}
