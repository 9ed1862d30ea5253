/**
 * What a SELECT mentions, read from DuckDB's own syntax tree: which relations, and which names could be
 * columns. It decides what is loaded. Where the tree does not settle which columns are meant (a star, a
 * natural join, a row as a value) the answer is "all"; a name too many costs time, never a wrong result.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteLiteral } from '@millrace/sql/text'

export interface References {
  /** `schema.table` or `table`, in lower case. */
  readonly relations: ReadonlySet<string>
  /** Every name and text in the statement, in lower case; null where all columns may be meant. */
  readonly names: ReadonlySet<string> | null
}

export interface SyntaxProblem {
  readonly problem: string
  /** Offset in bytes of UTF-8; null where DuckDB tells none. */
  readonly byte: number | null
}

interface Tree {
  readonly [name: string]: unknown
}

export async function referencesOf(connection: DuckDBConnection, sql: string): Promise<References | SyntaxProblem> {
  const result = await connection.runAndReadAll(`SELECT json_serialize_sql(${quoteLiteral(sql)})`)
  const answer = JSON.parse(String(result.getRows()[0]?.[0])) as Tree
  if (answer['error'] === true) return problemOf(answer)
  const statements = answer['statements'] as readonly Tree[]
  if (statements.length !== 1) return { problem: 'there must be one SELECT statement', byte: null }
  return collect(statements[0] as Tree)
}

export function problemOf(answer: Tree): SyntaxProblem {
  const position = answer['position']
  const problem = String(answer['error_message'] ?? 'it cannot be read').replaceAll(/\s*\n\s*/g, ' ')
  return {
    problem: problem.startsWith('Only SELECT') ? 'it must be a SELECT' : problem,
    byte: position === undefined ? null : Number(position),
  }
}

/** Kinds of FROM in which each column that is meant is also named. */
const NAMING = new Set(['BASE_TABLE', 'JOIN', 'SUBQUERY', 'EMPTY', 'EMPTY_FROM', 'TABLE_FUNCTION', 'EXPRESSION_LIST'])

function collect(statement: Tree): References {
  const relations = new Set<string>()
  const names = new Set<string>()
  const aliases = new Set<string>()
  const single = new Set<string>()
  let all = false

  const visit = (node: unknown): void => {
    if (typeof node === 'string') names.add(node.toLowerCase())
    else if (Array.isArray(node)) for (const child of node) visit(child)
    else if (typeof node === 'object' && node !== null) visitTree(node as Tree)
  }
  const visitTree = (node: Tree): void => {
    if (node['type'] === 'BASE_TABLE') {
      const table = String(node['table_name']).toLowerCase()
      const schema = String(node['schema_name'] ?? '').toLowerCase()
      relations.add(schema === '' || schema === 'main' ? table : `${schema}.${table}`)
      aliases.add(table)
    }
    if (isFrom(node)) {
      all ||= !NAMING.has(String(node['type'])) || renamesColumns(node)
      all ||= node['ref_type'] === 'NATURAL' || node['ref_type'] === 'POSITIONAL'
      aliases.add(String(node['alias']).toLowerCase())
    }
    all ||= node['class'] === 'STAR' || node['class'] === 'POSITIONAL_REFERENCE'
    const path = node['class'] === 'COLUMN_REF' ? (node['column_names'] as readonly string[]) : []
    if (path.length === 1) single.add((path[0] as string).toLowerCase())
    for (const child of Object.values(node)) visit(child)
  }
  visit(statement)
  for (const alias of aliases) all ||= alias !== '' && single.has(alias)
  return { relations, names: all ? null : names }
}

/** A piece of a FROM clause, and not an expression or a whole SELECT. */
function isFrom(node: Tree): boolean {
  return 'sample' in node && 'alias' in node && !('class' in node)
}

/** `FROM orders AS o(a, b)` names columns by their place. */
function renamesColumns(node: Tree): boolean {
  const list = node['column_name_alias']
  return Array.isArray(list) && list.length > 0
}
