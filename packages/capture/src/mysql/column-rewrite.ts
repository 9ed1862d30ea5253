/**
 * Whether a column that is defined anew under its name and kind has other values in the rows that are there.
 * Where the kind itself changes, the next event's shape tells. All of this holds under a strict mode, in which
 * the server refuses what does not fit; otherwise any definition may have changed values.
 */
import type { Column } from '@millrace/core'
import type { ColumnDefinition } from './binlog/column-definition.ts'

/** Whatever was text before is the same text in these. */
const KEEP_TEXT = new Set(['VARCHAR', 'TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT', 'JSON'])
const KEEP_BYTES = new Set(['VARBINARY', 'TINYBLOB', 'BLOB', 'MEDIUMBLOB', 'LONGBLOB'])
const FRACTIONS = new Set(['DATETIME', 'TIMESTAMP', 'TIME'])

/** As a clause: `the labels of kind were changed`; null where every value stays what it was. */
export function whyRewritten(definition: ColumnDefinition, before: Column | undefined): string | null {
  if (before === undefined) return null
  const { column, type, parameters, isGenerated, isNumbered, isNullable } = definition
  const was = baseOf(before.sourceType ?? '')
  if (isGenerated) return `the column ${column} has another expression, perhaps, and the rows that are there its values`
  if (isNumbered) return `the column ${column} is numbered by the server, in rows that are there too`
  if (type === 'ENUM' || type === 'SET') {
    return was.type === type && keepsLabels(was.parameters, parameters) ? null : `the labels of the column ${column} were changed`
  }
  // The one NULL that even a strict mode replaces.
  if (type === 'TIMESTAMP' && isNullable === false) return `the column ${column} may not be NULL any more, and NULLs became times`
  if (FRACTIONS.has(type) && was.type === type) {
    return Number(parameters[0] ?? 0) < Number(was.parameters[0] ?? 0) ? `the column ${column} lost digits of its seconds` : null
  }
  if (type === 'FLOAT' || type === 'DOUBLE') return parameters.length < 2 ? null : `the column ${column} is rounded to its digits`
  if (type === 'BINARY') {
    const isSame = was.type === type && (was.parameters[0] ?? '1') === (parameters[0] ?? '1')
    return isSame ? null : `the column ${column} is filled up with zeros`
  }
  const isText = before.type.kind === 'text' && !KEEP_TEXT.has(type)
  const isBytes = before.type.kind === 'bytes' && !KEEP_BYTES.has(type)
  return (isText || isBytes || type === 'YEAR') && was.type !== type
    ? `the column ${column} was ${before.sourceType} and is written anew`
    : null
}

/** Those of before, in their order, before any others: as labels they have the same texts and the same places in a set. */
function keepsLabels(before: readonly string[], after: readonly string[]): boolean {
  return before.length > 0 && before.every((label, at) => after[at] === label)
}

/** `enum('a','b')` in its parts; a label in quotes as it is written, and its commas. */
function baseOf(sourceType: string): { type: string; parameters: readonly string[] } {
  const [, type = '', inner = ''] = /^(\w+)(?:\((.*)\))?/s.exec(sourceType) ?? []
  return { type: type.toUpperCase(), parameters: inner.match(/'(?:[^']|'')*'|[^,\s]+/g) ?? [] }
}
