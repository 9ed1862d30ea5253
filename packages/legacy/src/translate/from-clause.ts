/** The FROM clause: tables, subqueries, functions, joins. Aliases are unique in the whole statement. */
import { assert } from '@millrace/base'
import { flagIn, listIn, needNode, nodeIn, nodesIn, numberIn, type NodeValue, type PgNode, textIn } from '../postgres/node-tree.ts'
import { OID } from '../postgres/type.ts'
import { translateExpression } from './expression.ts'
import { name } from './name.ts'
import { type OutputColumn, type RangeEntry, type Scope, scopeAt } from './scope.ts'
import { unified, withScale } from './unified.ts'
import type { Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'
import { setFunction } from './set-function.ts'

/** Kinds of entries, as Postgres numbers them. */
const RELATION = 0
const SUBQUERY = 1
const JOIN = 2
const FUNCTION = 3
const VALUES = 5
const COMMON_TABLE = 6
const RESULT = 8
const GROUP = 9

/** How each entry is written; found while the entries are made, for a subquery is translated only once. */
const WRITTEN = new WeakMap<RangeEntry, string>()

/** In order, for an entry may refer to those before it. */
export function* rangeEntries(query: PgNode, scope: Scope): Generator<RangeEntry> {
  const isUnion = nodeIn(query, 'setOperations') !== null
  for (const node of nodesIn(query, 'rtable')) yield entryOf(node, scope, isUnion)
}

function entryOf(node: PgNode, scope: Scope, isUnion: boolean): RangeEntry {
  const kind = numberIn(node, 'rtekind')
  const wanted = aliasOf(node)
  if (kind === JOIN) return { alias: wanted, columns: [], stands: listIn(node, 'joinaliasvars') as readonly PgNode[] }
  if (kind === GROUP) return { alias: wanted, columns: [], stands: nodesIn(node, 'groupexprs') }
  if (kind === RESULT || (kind === RELATION && !flagIn(node, 'inFromCl'))) return { alias: wanted, columns: [], stands: null }
  // The sides of a set operation are written where it stands.
  if (isUnion) return { alias: wanted, columns: [], stands: null }
  const alias = scope.session.alias(wanted)
  const { columns, sql } = sourceOf(node, kind, { scope, alias })
  const entry = { alias, columns, stands: null }
  WRITTEN.set(entry, sql)
  return entry
}

function aliasOf(node: PgNode): string {
  const eref = nodeIn(node, 'eref')
  return textIn(nodeIn(node, 'alias') ?? eref ?? node, 'aliasname') || 'q'
}

interface Source {
  readonly columns: readonly (OutputColumn | null)[]
  readonly sql: string
}

function sourceOf(node: PgNode, kind: number, place: { scope: Scope; alias: string }): Source {
  const { scope, alias } = place
  const lateral = flagIn(node, 'lateral') ? 'LATERAL ' : ''
  if (nodeIn(node, 'tablesample') !== null) throw untranslatable('TABLESAMPLE', 'each run takes other rows')
  if (kind === RELATION) {
    const known = scope.session.relation(numberIn(node, 'relid'))
    return { columns: known.columns, sql: known.name === alias ? known.reference : `${known.reference} AS ${name(alias)}` }
  }
  if (kind === SUBQUERY) {
    const { sql, columns } = scope.session.query(needNode(node, 'subquery'), scope, scope.parameters)
    return named(node, columns, { alias, sql: `${lateral}(\n${sql}\n)` })
  }
  if (kind === COMMON_TABLE) {
    const table = scopeAt(scope, numberIn(node, 'ctelevelsup'))?.commonTables.get(textIn(node, 'ctename'))
    assert(table !== undefined, 'a common table is written before it is read')
    return named(node, table.columns, { alias, sql: name(table.alias) })
  }
  if (kind === VALUES) return valuesOf(node, place)
  if (kind === FUNCTION) return functionOf(node, place)
  throw untranslatable('XMLTABLE or JSON_TABLE', 'DuckDB has no such source of rows')
}

/** Columns under the names that the alias gives them. */
function named(node: PgNode, columns: readonly OutputColumn[], { alias, sql }: { alias: string; sql: string }): Source {
  const names = listIn(nodeIn(node, 'eref') ?? node, 'colnames')
  const taken = new Set<string>()
  const outputs = columns.map((column, at) => {
    let wanted = typeof names[at] === 'string' && names[at] !== '' ? names[at] : column.name
    while (taken.has(wanted.toLowerCase())) wanted = `${wanted}_${at}`
    taken.add(wanted.toLowerCase())
    return { ...column, name: wanted }
  })
  const isSame = outputs.every((output, at) => output.name === columns[at]?.name)
  return { columns: outputs, sql: `${sql} AS ${name(alias)}${isSame ? '' : `(${outputs.map((output) => name(output.name)).join(', ')})`}` }
}

function valuesOf(node: PgNode, { scope, alias }: { scope: Scope; alias: string }): Source {
  const rows = listIn(node, 'values_lists').map((row) =>
    (row as readonly NodeValue[]).map((cell) => translateExpression(cell as PgNode, scope)),
  )
  const columns = (rows[0] ?? []).map((_cell, at) => {
    const cells = rows.map((row) => row[at] as Typed)
    const known = cells.find(({ sql }) => sql !== 'NULL') ?? cells[0]
    return { name: `column${at + 1}`, type: known?.type ?? OID.text, ...unified(cells) }
  })
  const list = rows.map((row) => `(${row.map((cell, at) => withScale(cell, columns[at]?.scale ?? 0).sql).join(', ')})`).join(', ')
  const names = listIn(nodeIn(node, 'eref') ?? node, 'colnames')
  const outputs = columns.map((column, at) => ({
    ...column,
    type: column.type === OID.unknown ? OID.text : column.type,
    name: typeof names[at] === 'string' ? names[at] : column.name,
  }))
  return { columns: outputs, sql: `(VALUES ${list}) AS ${name(alias)}(${outputs.map((output) => name(output.name)).join(', ')})` }
}

function functionOf(node: PgNode, { scope, alias }: { scope: Scope; alias: string }): Source {
  const functions = nodesIn(node, 'functions')
  const expression = functions.length === 1 ? nodeIn(functions[0] as PgNode, 'funcexpr') : null
  if (expression === null) throw untranslatable('ROWS FROM (…)', 'several functions side by side have no counterpart')
  const rows = setFunction(expression, scope, { isNumbered: flagIn(node, 'funcordinality'), print: translateExpression })
  return named(node, rows.columns, { alias, sql: `LATERAL (${rows.sql})` })
}

const JOIN_WORDS = ['JOIN', 'LEFT JOIN', 'FULL JOIN', 'RIGHT JOIN']

export function fromClause(query: PgNode, scope: Scope): string {
  return nodesIn(needNode(query, 'jointree'), 'fromlist')
    .map((item) => itemOf(item, scope))
    .join(',\n  ')
}

function itemOf(item: PgNode, scope: Scope): string {
  if (item.tag === 'RANGETBLREF') {
    const entry = scope.entries[numberIn(item, 'rtindex') - 1]
    assert(entry !== undefined, 'what is joined is in the range table')
    const written = WRITTEN.get(entry)
    assert(written !== undefined, 'what is joined is written')
    return written
  }
  const kind = numberIn(item, 'jointype')
  const right = needNode(item, 'rarg')
  const condition = nodeIn(item, 'quals')
  const rightSql = right.tag === 'JOINEXPR' ? `(${itemOf(right, scope)})` : itemOf(right, scope)
  const word = condition === null && kind === 0 ? 'CROSS JOIN' : (JOIN_WORDS[kind] ?? 'JOIN')
  const on = condition === null ? (kind === 0 ? '' : ' ON true') : ` ON ${translateExpression(condition, scope).sql}`
  return `${itemOf(needNode(item, 'larg'), scope)}\n  ${word} ${rightSql}${on}`
}
