/**
 * What ALTER TABLE does to the rows that are there. They change without an event, so a stream that follows
 * the events alone would keep what they were: each change that may touch them has to be known from the text.
 */
import { type ColumnDefinition, readDefinition } from './column-definition.ts'
import { type CascadingReference, readReferences } from './references.ts'
import type { TableName, Tokens } from './tokens.ts'

export interface AlterStatement {
  readonly kind: 'alter'
  readonly table: TableName
  /** Why rows that are there change, or their columns' meaning, whatever the columns were before; null where they do not. */
  readonly why: string | null
  readonly to: TableName | null
  /** Columns that are defined anew under their old names: whether that changes rows depends on what they were. */
  readonly columns: readonly ColumnDefinition[]
  /** Texts are written in another character set. */
  readonly isConverting: boolean
  /** A TIMESTAMP does not say whether it may be NULL, which is a setting's choice. */
  readonly isTimestampBare: boolean
  /** Tables that give rows to this one, or take some from it. */
  readonly others: readonly TableName[]
  /** Those that it gets. */
  readonly references: readonly CascadingReference[]
}

const NOT_COLUMNS = new Set(['INDEX', 'KEY', 'UNIQUE', 'PRIMARY', 'CONSTRAINT', 'FOREIGN', 'FULLTEXT', 'SPATIAL', 'CHECK', 'PARTITION'])

interface Reading {
  readonly why: string | null
  readonly column?: ColumnDefinition
  readonly isConverting?: boolean
  readonly isTimestampBare?: boolean
  readonly other?: TableName | null
}

const HARMLESS: Reading = { why: null }

/** What stands behind ALTER; null where that is no table. */
export function readAlter(tokens: Tokens): AlterStatement | null {
  let isIgnoring = false
  while (tokens.is('ONLINE') || tokens.is('IGNORE')) isIgnoring = tokens.word() === 'IGNORE' || isIgnoring
  if (!tokens.take('TABLE')) return null
  tokens.skip('IF', 'EXISTS')
  const table = tokens.name()
  let to: TableName | null = null
  const references: CascadingReference[] = []
  const readings: Reading[] = isIgnoring ? [{ why: 'rows that did not fit were changed or left out (ALTER IGNORE)' }] : []
  for (const part of tokens.parts()) {
    if (part.take('RENAME') && !part.is('COLUMN') && !part.is('INDEX') && !part.is('KEY')) {
      part.take('TO')
      part.take('AS')
      to = part.name()
    } else {
      part.rewind()
      readings.push(readPart(part))
      part.rewind()
      references.push(...readReferences(part))
    }
  }
  return {
    kind: 'alter',
    table,
    why: readings.find(({ why }) => why !== null)?.why ?? null,
    to,
    columns: readings.flatMap(({ column }) => column ?? []),
    isConverting: readings.some(({ isConverting }) => isConverting === true),
    isTimestampBare: readings.some(({ isTimestampBare }) => isTimestampBare === true),
    others: readings.flatMap(({ other }) => other ?? []),
    references,
  }
}

function readPart(part: Tokens): Reading {
  const verb = part.word()
  switch (verb) {
    case 'ADD':
      return part.isOneOf(NOT_COLUMNS) ? HARMLESS : readAdded(part)
    case 'DROP':
      if (part.is('PARTITION')) return { why: 'a partition was dropped with its rows' }
      return part.isOneOf(NOT_COLUMNS) ? HARMLESS : { why: 'a column was dropped' }
    case 'TRUNCATE':
      return { why: 'the rows of a partition were taken out' }
    case 'EXCHANGE':
      return { why: 'the rows of a partition were exchanged', other: part.skipTo('TABLE') ? part.name() : null }
    case 'CONVERT':
      return readConverted(part)
    case 'DISCARD':
    case 'IMPORT':
      return { why: 'its tablespace was exchanged' }
    case 'RENAME':
      return part.is('COLUMN') ? { why: 'a column was renamed' } : HARMLESS
    case 'MODIFY':
      part.take('COLUMN')
      part.skip('IF', 'EXISTS')
      return redefined(readDefinition(part.name().table, part))
    case 'CHANGE':
      return readChanged(part)
    default:
      return HARMLESS
  }
}

function readChanged(part: Tokens): Reading {
  part.take('COLUMN')
  part.skip('IF', 'EXISTS')
  const [before, after] = [part.name().table, part.name().table]
  if (before.toLowerCase() !== after.toLowerCase()) return { why: 'a column was renamed' }
  return redefined(readDefinition(after, part))
}

function redefined(column: ColumnDefinition): Reading {
  return { why: null, column, isTimestampBare: column.type === 'TIMESTAMP' && column.isNullable === null }
}

/** To another character set, or a partition to a table of its own and back. */
function readConverted(part: Tokens): Reading {
  if (!part.is('PARTITION') && !part.is('TABLE')) return { why: null, isConverting: true }
  if (part.take('TABLE')) return { why: 'a table became a partition of it', other: part.name() }
  return { why: 'a partition of it became a table', other: part.skipTo('TABLE') ? part.name() : null }
}

/** A column that brings a value into the rows that are there: those rows come by no event. */
function readAdded(part: Tokens): Reading {
  if (part.is('SYSTEM') || part.is('PERIOD')) return { why: 'system versioning was added' }
  const words = part.rest().split(' ')
  for (const [at, word] of words.entries()) {
    if (word === 'DEFAULT' && words[at + 1] !== 'NULL')
      return { why: 'a column was added with a default, which the rows that are there have now' }
    if (word === 'NOT' && words[at + 1] === 'NULL')
      return { why: 'a column was added that is NOT NULL, so the rows that are there have a value in it now' }
    if (word === 'GENERATED' || word === 'AS' || word === 'AUTO_INCREMENT' || word === 'SERIAL') {
      return { why: 'a column was added that the server fills in the rows that are there' }
    }
  }
  return { why: null, isTimestampBare: words.includes('TIMESTAMP') && !words.includes('NULL') }
}
