/** Prints a bound query: its clauses, its set operations, its common tables. */
import { assert } from '@millrace/base'
import { flagIn, listIn, needNode, nodeIn, nodesIn, numberIn, type PgNode, textIn, type NodeValue, isNode } from '../postgres/node-tree.ts'
import { duckdbType, OID } from '../postgres/type.ts'
import { translateExpression } from './expression.ts'
import { fromClause, rangeEntries } from './from-clause.ts'
import { name } from './name.ts'
import { hasBinaryOrder, needBinaryOrder } from './operator.ts'
import { ORDER_MATTERS, type OutputColumn, type Parameters, type Scope, type Session, type TranslatedQuery } from './scope.ts'
import { asKey, collationOf, groupKeys, sortKeys, targetOf } from './sort.ts'
import { atom, operand, type Typed } from './typed.ts'
import { castTo } from './cast.ts'
import { withScale } from './unified.ts'
import { untranslatable } from './untranslatable.ts'

const SELECT = 1

interface QueryRequest {
  readonly session: Session
  readonly outer: Scope | null
  readonly parameters: Parameters
}

export function translateQuery(query: PgNode, { session, outer, parameters }: QueryRequest): TranslatedQuery {
  if (numberIn(query, 'commandType') !== SELECT) throw untranslatable('a statement that writes', 'a model only reads')
  if (nodesIn(query, 'rowMarks').length > 0) throw untranslatable('FOR UPDATE', 'a model locks nothing')
  const commonTables: CommonTables = new Map()
  const scope: Scope = { session, outer, query, entries: [], commonTables, parameters, tested: null, subqueryColumns: [] }
  const withClause = commonTablesOf(query, scope, commonTables)
  for (const entry of rangeEntries(query, scope)) scope.entries.push(entry)
  const operations = nodeIn(query, 'setOperations')
  const body = operations === null ? selectOf(query, scope) : unionOf(query, operations, scope)
  return { sql: `${withClause}${body.sql}${limits(query, scope)}`, columns: body.columns }
}

type CommonTables = Map<string, { readonly alias: string; readonly columns: readonly OutputColumn[] }>

function commonTablesOf(query: PgNode, scope: Scope, known: CommonTables): string {
  const written = nodesIn(query, 'cteList').map((table) => {
    const wanted = textIn(table, 'ctename')
    const alias = scope.session.alias(wanted)
    const inner = needNode(table, 'ctequery')
    if (flagIn(table, 'cterecursive')) known.set(wanted, { alias, columns: renamed(table, startOf(inner, scope)) })
    const { sql, columns } = scope.session.query(inner, scope, scope.parameters)
    const named = renamed(table, columns)
    const before = known.get(wanted)
    if (before?.columns.some(({ scale }, at) => scale !== named[at]?.scale) === true)
      throw untranslatable(`WITH RECURSIVE ${wanted}`, 'a number gets more digits after the point in each round')
    known.set(wanted, { alias, columns: named })
    return `${name(alias)}(${named.map((column) => name(column.name)).join(', ')}) AS (\n${sql}\n)`
  })
  if (written.length === 0) return ''
  return `WITH ${flagIn(query, 'hasRecursive') ? 'RECURSIVE ' : ''}${written.join(', ')}\n`
}

function renamed(table: PgNode, columns: readonly OutputColumn[]): OutputColumn[] {
  const names = listIn(table, 'ctecolnames')
  return columns.map((column, at) => ({ ...column, name: typeof names[at] === 'string' ? names[at] : column.name }))
}

/** The part of a recursion that does not refer to itself tells the columns. */
function startOf(query: PgNode, scope: Scope): readonly OutputColumn[] {
  const operations = nodeIn(query, 'setOperations')
  const left = operations === null ? null : nodeIn(operations, 'larg')
  const entry = left === null ? undefined : nodesIn(query, 'rtable')[numberIn(left, 'rtindex') - 1]
  assert(entry !== undefined, 'a recursion starts somewhere')
  return scope.session.query(needNode(entry, 'subquery'), scope, scope.parameters).columns
}

function selectOf(query: PgNode, scope: Scope): TranslatedQuery {
  const targets = nodesIn(query, 'targetList')
  const shown = targets.filter((target) => !flagIn(target, 'resjunk'))
  const taken = new Set<string>()
  const values = shown.map((target) => ({
    name: unique(textIn(target, 'resname'), taken),
    value: translateExpression(needNode(target, 'expr'), scope),
  }))
  const list = values.map(({ name: column, value }) => `  ${outputSql(value)} AS ${name(column)}`)
  const where = nodeIn(needNode(query, 'jointree'), 'quals')
  const having = nodeIn(query, 'havingQual')
  const from = fromClause(query, scope)
  const grouped = grouping(query, scope)
  const parts = [
    `SELECT${distinctOf(query, scope)}\n${list.length === 0 ? '  1' : list.join(',\n')}`,
    from === '' ? '' : `FROM ${from}`,
    where === null ? '' : `WHERE ${translateExpression(where, scope).sql}`,
    grouped === '' ? '' : `GROUP BY ${grouped}`,
    having === null ? '' : `HAVING ${translateExpression(having, scope).sql}`,
    orderOf(query, scope),
  ]
  return { sql: parts.filter((part) => part !== '').join('\n'), columns: values.map(({ name: column, value }) => outputOf(column, value)) }
}

function outputOf(column: string, { type, scale, isLoose }: Typed): OutputColumn {
  return { name: column, type: type === OID.unknown ? OID.text : type, scale, isLoose }
}

/** A NULL without a type would be an integer. */
function outputSql(value: Typed): string {
  if (value.sql !== 'NULL') return value.sql
  return `CAST(NULL AS ${duckdbType(value.type, value.scale) ?? 'VARCHAR'})`
}

function unique(wanted: string, taken: Set<string>): string {
  let found = wanted === '' ? 'column' : wanted
  for (let number = 1; taken.has(found.toLowerCase()); number++) found = `${wanted}_${number}`
  taken.add(found.toLowerCase())
  return found
}

function distinctOf(query: PgNode, scope: Scope): string {
  const clauses = nodesIn(query, 'distinctClause')
  if (clauses.length === 0) return ''
  if (!flagIn(query, 'hasDistinctOn')) return ' DISTINCT'
  return ` DISTINCT ON (${clauses.map((clause) => asKey(translateExpression(targetOf(clause, nodesIn(query, 'targetList')), scope))).join(', ')})`
}

/** A table has no order: where nothing is cut off by it, one that DuckDB does not know may be left out. */
function orderOf(query: PgNode, scope: Scope): string {
  const clauses = nodesIn(query, 'sortClause')
  const targets = nodesIn(query, 'targetList')
  const isKnown = clauses.every((clause) => {
    const node = targetOf(clause, targets)
    return hasBinaryOrder(collationOf(node), translateExpression(node, scope).type, scope)
  })
  if (!isKnown && !orderDecides(query)) return ''
  const keys = sortKeys(clauses, targets, { scope, print: translateExpression })
  return keys.length === 0 ? '' : `ORDER BY ${keys.join(', ')}`
}

function orderDecides(query: PgNode): boolean {
  return (
    nodeIn(query, 'limitCount') !== null ||
    nodeIn(query, 'limitOffset') !== null ||
    flagIn(query, 'hasDistinctOn') ||
    flagIn(query, ORDER_MATTERS)
  )
}

/** Kinds of grouping sets, as Postgres numbers them. */
const SET_WORDS = ['', '', 'ROLLUP ', 'CUBE ', 'GROUPING SETS ']

function grouping(query: PgNode, scope: Scope): string {
  const clauses = nodesIn(query, 'groupClause')
  const targets = nodesIn(query, 'targetList')
  const sets = nodesIn(query, 'groupingSets')
  if (sets.length === 0) return groupKeys(clauses, targets, { scope, print: translateExpression }).join(', ')
  const key = (reference: NodeValue): string => {
    const clause = clauses.find((each) => numberIn(each, 'tleSortGroupRef') === reference)
    assert(clause !== undefined, 'a grouping set names groups')
    return groupKeys([clause], targets, { scope, print: translateExpression })[0] ?? ''
  }
  const write = (set: PgNode): string => {
    const kind = numberIn(set, 'kind')
    const content = listIn(set, 'content').map((each) => (isNode(each) ? write(each) : key(each)))
    return kind === 0 ? '()' : kind === 1 && content.length === 1 ? (content[0] ?? '') : `${SET_WORDS[kind] ?? ''}(${content.join(', ')})`
  }
  return sets.map(write).join(', ')
}

const OPERATIONS = ['', 'UNION', 'INTERSECT', 'EXCEPT']

function unionOf(query: PgNode, operations: PgNode, scope: Scope): TranslatedQuery {
  const { sql, columns } = operationOf(operations, query, scope)
  const targets = nodesIn(query, 'targetList')
  const order = nodesIn(query, 'sortClause').map((clause) => {
    const target = targets.find((each) => numberIn(each, 'ressortgroupref') === numberIn(clause, 'tleSortGroupRef'))
    const column = columns[numberIn(target ?? clause, 'resno') - 1]
    if (column !== undefined && orderDecides(query)) needBinaryOrder(collationOf(needNode(target ?? clause, 'expr')), column.type, scope)
    return `${numberIn(target ?? clause, 'resno')}${flagIn(clause, 'reverse_sort') ? ' DESC' : ''} NULLS ${flagIn(clause, 'nulls_first') ? 'FIRST' : 'LAST'}`
  })
  return { sql: order.length === 0 ? sql : `${sql}\nORDER BY ${order.join(', ')}`, columns }
}

function operationOf(node: PgNode, query: PgNode, scope: Scope): TranslatedQuery {
  if (node.tag === 'RANGETBLREF') {
    const entry = nodesIn(query, 'rtable')[numberIn(node, 'rtindex') - 1]
    assert(entry !== undefined, 'a set operation has its sides in the range table')
    const { sql, columns } = scope.session.query(needNode(entry, 'subquery'), scope, scope.parameters)
    return { sql: `(${sql})`, columns }
  }
  const left = operationOf(needNode(node, 'larg'), query, scope)
  const right = operationOf(needNode(node, 'rarg'), query, scope)
  const types = listIn(node, 'colTypes').filter((type) => typeof type === 'number')
  const columns = left.columns.map((column, at) => {
    const other = right.columns[at] ?? column
    const scale = Math.max(column.scale, other.scale)
    return {
      ...column,
      type: types[at] ?? column.type,
      scale,
      isLoose: column.isLoose || other.isLoose || column.scale !== other.scale,
    }
  })
  const [one, two] = [left, right].map((side) => conformed(side, columns, scope))
  const word = `${OPERATIONS[numberIn(node, 'op')] ?? ''}${flagIn(node, 'all') ? ' ALL' : ''}`
  return { sql: `(${one}\n${word}\n${two})`, columns }
}

/** A side with the types of the whole, to which Postgres converts it only when it runs, and as many digits after the point. */
function conformed({ sql, columns }: TranslatedQuery, wanted: readonly OutputColumn[], scope: Scope): string {
  const isSame = columns.every(({ type, scale }, at) => {
    const whole = wanted[at]
    return whole === undefined || (type === whole.type && (type !== OID.numeric || scale === whole.scale))
  })
  if (isSame) return sql
  const alias = scope.session.alias('side')
  const list = columns.map((column, at) => {
    const { type, scale } = wanted[at] ?? column
    const value = atom(column.type, `${alias}.${name(column.name)}`, { scale: column.scale, isLoose: column.isLoose })
    return `${withScale(castTo(value, type, scope), scale).sql} AS ${name(column.name)}`
  })
  return `(SELECT ${list.join(', ')} FROM ${sql} AS ${alias})`
}

function limits(query: PgNode, scope: Scope): string {
  if (numberIn(query, 'limitOption') === 1) throw untranslatable('FETCH FIRST … WITH TIES', 'DuckDB has no such limit')
  const [count, offset] = [nodeIn(query, 'limitCount'), nodeIn(query, 'limitOffset')]
  if ((count !== null || offset !== null) && nodesIn(query, 'sortClause').length === 0)
    throw untranslatable('LIMIT without ORDER BY', 'which rows remain is not defined, so no two runs need agree')
  const limit = count === null || flagIn(count, 'constisnull') ? '' : `\nLIMIT ${operand(translateExpression(count, scope))}`
  return offset === null ? limit : `${limit}\nOFFSET ${operand(translateExpression(offset, scope))}`
}
