/**
 * Parquet has not all of DuckDB's types: a HUGEINT (every sum of whole numbers is one) would come back as a
 * DOUBLE, an interval without its microseconds. Such values lie in a version as text, and are cast back
 * where it is read, so that a version's rows are exactly those that the SQL gave. A UNION lies as a struct of its
 * tag and its members; as a text, 5 and '5' would be one.
 */
import { quoteIdentifier } from '@millrace/sql/text'
import type { GraphColumn } from '../check/checked-graph.ts'

/** A word before a space is the name of a field. */
const LOST =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|ENUM\((?:'(?:[^']|'')*'(?:, )?)*\)|\b(?:HUGEINT|UHUGEINT|INTERVAL|TIME WITH TIME ZONE|BIT|BIGNUM)(?=[,)[]|$)/g
/** Kept in other bits, and exact again once they are cast; a UNION within a list or a struct is refused there. */
const NARROWED = /\[\d+\]|\bTIMESTAMP_(?:S|MS|NS)\b|\bUNION\(/

export function storedType(type: string): string {
  if (isUnion(type))
    return `UNION(${membersOf(type)
      .map((member) => `${member.name} ${storedType(member.type)}`)
      .join(', ')})`
  return type.replaceAll(LOST, (part) => (part.startsWith("'") || part.startsWith('"') ? part : 'VARCHAR'))
}

/** The SELECT list that writes columns to Parquet; `*` where all go as they are. */
export function writtenColumns(columns: readonly GraphColumn[]): string {
  return listOf(columns, ({ type }, name) => (storedType(type) === type ? null : `CAST(${name} AS ${storedType(type)})`))
}

/** The SELECT list that reads them; by their names where files of several kinds are read. */
export function readColumns(columns: readonly GraphColumn[], byName = false): string {
  const readOf: Printer = ({ type }, name) => {
    if (isUnion(type)) return readUnion(name, type)
    return storedType(type) === type && !NARROWED.test(type) ? null : `CAST(${name} AS ${type})`
  }
  return byName ? namedList(columns, readOf) : listOf(columns, readOf)
}

/** SQL of a column's value, by its quoted name; null where it is as it lies. */
type Printer = (column: GraphColumn, name: string) => string | null

function listOf(columns: readonly GraphColumn[], print: Printer): string {
  return columns.every((column) => print(column, quoteIdentifier(column.name)) === null) ? '*' : namedList(columns, print)
}

function namedList(columns: readonly GraphColumn[], print: Printer): string {
  return columns
    .map((column) => {
      const name = quoteIdentifier(column.name)
      const printed = print(column, name)
      return printed === null ? name : `${printed} AS ${name}`
    })
    .join(', ')
}

function isUnion(type: string): boolean {
  return type.startsWith('UNION(') && type.endsWith(')')
}

interface Member {
  /** Quoted where it must be. */
  readonly name: string
  readonly type: string
}

/** Its parts between commas that stand in no quotes and in no other parentheses. */
function membersOf(type: string): Member[] {
  const members: Member[] = []
  let [depth, start] = [0, 0]
  const inner = `${type.slice('UNION('.length, -1)},`
  for (const { 0: part, index } of inner.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[(),]/g)) {
    if (part === '(') depth += 1
    else if (part === ')') depth -= 1
    else if (part === ',' && depth === 0) {
      const [, name = '', of = ''] = /^\s*("(?:[^"]|"")*"|\S+) ([^]+)$/.exec(inner.slice(start, index)) ?? []
      members.push({ name, type: of })
      start = index + 1
    }
  }
  return members
}

/** The tag stands first in the struct, as the member's number. */
function readUnion(name: string, type: string): string {
  const cases = membersOf(type).map((member, at) => {
    const value = `CAST(struct_extract_at(${name}, ${at + 2}) AS ${member.type})`
    return `WHEN ${at} THEN CAST(union_value(${member.name} := ${value}) AS ${type})`
  })
  return `CASE struct_extract_at(${name}, 1) ${cases.join(' ')} END`
}
