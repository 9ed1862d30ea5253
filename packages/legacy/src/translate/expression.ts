/** Prints one expression of a bound query as DuckDB's SQL. */
import { assert } from '@millrace/base'
import { quoteLiteral } from '@millrace/sql'
import { flagIn, isNode, listIn, needNode, nodeIn, nodesIn, numberIn, type PgNode, textIn } from '../postgres/node-tree.ts'
import { duckdbType, elementType, isArray, OID } from '../postgres/type.ts'
import { translateAggregate } from './aggregate.ts'
import { argumentsOf } from './call-arguments.ts'
import { castTo, typeName, withModifier } from './cast.ts'
import { constantSql } from './constant-sql.ts'
import { translateCall } from './function-call.ts'
import { name } from './name.ts'
import { needBinaryOrder, translateOperator } from './operator.ts'
import { type Scope, scopeAt } from './scope.ts'
import { translateSublink } from './sublink.ts'
import { atom, operand, type Typed, typed } from './typed.ts'
import { aligned, unified, withScale } from './unified.ts'
import { untranslatable } from './untranslatable.ts'
import { translateWindowCall } from './window-call.ts'

export type Printer = (node: PgNode, scope: Scope) => Typed

export const translateExpression: Printer = (node, scope) => {
  const printer = PRINTERS[node.tag]
  if (printer === undefined) throw untranslatable(node.tag.toLowerCase(), 'the import does not know this form of expression')
  return printer(node, scope)
}

export function translateAll(nodes: readonly PgNode[], scope: Scope): Typed[] {
  return nodes.map((node) => translateExpression(node, scope))
}

function column(node: PgNode, scope: Scope): Typed {
  const at = scopeAt(scope, numberIn(node, 'varlevelsup'))
  const entry = at?.entries[numberIn(node, 'varno') - 1]
  assert(at !== null && at !== undefined && entry !== undefined, 'a column belongs to an entry of its query')
  const number = numberIn(node, 'varattno')
  const type = numberIn(node, 'vartype')
  if (number <= 0)
    throw untranslatable(
      number === 0 ? `${entry.alias}.*` : 'a system column',
      number === 0 ? 'a whole row as one value has no counterpart' : 'the copy has no such column',
    )
  const stands = entry.stands?.[number - 1]
  if (stands !== undefined) return translateExpression(stands, at)
  const known = entry.columns[number - 1]
  assert(known !== null && known !== undefined, 'a column that is read exists')
  if (duckdbType(type, 0) === null)
    throw untranslatable(`the column ${known.name} of type ${typeName(type, scope)}`, 'DuckDB has no such type')
  const read = `${name(entry.alias)}.${name(known.name)}`
  const { scale, isLoose, isPadded = false, isPrinted = false } = known
  if (isPrinted) return atom(type, fromPrinted(read, type, scale), { scale, isLoose })
  return atom(type, isPadded ? `rtrim(${read}, ' ')` : read, { scale, isLoose })
}

/** A list is `{a,"b c",NULL}` in Postgres, and the same between brackets in DuckDB; an interval bears signs that DuckDB does not read. */
function fromPrinted(read: string, type: number, scale: number): string {
  const inner = type === OID.interval ? `replace(${read}, '+', '')` : read
  const text = isArray(type) ? `'[' || substring(${read}, 2, length(${read}) - 2) || ']'` : inner
  return `CAST(${text} AS ${duckdbType(type, scale)})`
}

function parameter(node: PgNode, scope: Scope): Typed {
  const number = numberIn(node, 'paramid') - 1
  // Kind 2 is what a subquery's row gives; the others are arguments of a function.
  const found = numberIn(node, 'paramkind') === 2 ? scope.subqueryColumns[number] : scope.parameters[number]
  if (found === undefined) throw untranslatable(`$${number + 1}`, 'the parameter has no value here')
  return found
}

function call(node: PgNode, scope: Scope): Typed {
  const called = scope.session.catalog.functions.get(numberIn(node, 'funcid'))
  assert(called !== undefined, 'a function that is called is in the catalog')
  if (flagIn(node, 'funcvariadic'))
    throw untranslatable(`${called.name}(VARIADIC …)`, 'a list that stands for arguments has no counterpart')
  const given = translateAll(argumentsOf(node, called), scope)
  const type = numberIn(node, 'funcresulttype')
  const [value, modifier] = given
  // A conversion of a type to itself carries its modifier: numeric(12, 2), varchar(10).
  if (called.isBuiltIn && value !== undefined && modifier?.constant?.kind === 'integer' && value.type === type) {
    if (called.name === 'numeric') return withModifier(value, Number(modifier.constant.value))
    if (called.name === 'varchar') return atom(type, `left(${value.sql}, ${Number(modifier.constant.value) - 4})`)
    if (called.name === 'bpchar') return atom(type, `rtrim(left(${value.sql}, ${Number(modifier.constant.value) - 4}), ' ')`)
    if (['timestamp', 'timestamptz', 'time', 'interval'].includes(called.name))
      throw untranslatable(`${called.name}(p)`, 'DuckDB keeps six digits of a second')
  }
  return translateCall(called, { name: called.name, type, arguments: given, collation: numberIn(node, 'inputcollid'), scope })
}

function operatorOf(node: PgNode, scope: Scope): string {
  const known = scope.session.catalog.operators.get(numberIn(node, 'opno'))
  assert(known !== undefined, 'an operator that is used is in the catalog')
  return known.name
}

function operation(node: PgNode, scope: Scope): Typed {
  const given = translateAll(nodesIn(node, 'args'), scope)
  const right = given.at(-1)
  assert(right !== undefined, 'an operator has an operand')
  const left = given.length === 2 ? (given[0] ?? null) : null
  return translateOperator({
    name: operatorOf(node, scope),
    type: numberIn(node, 'opresulttype'),
    collation: numberIn(node, 'inputcollid'),
    left,
    right,
    scope,
  })
}

function distinctFrom(node: PgNode, scope: Scope): Typed {
  const [left, right] = translateAll(nodesIn(node, 'args'), scope)
  assert(left !== undefined && right !== undefined, 'a comparison has two sides')
  return typed(OID.bool, `${operand(left)} IS DISTINCT FROM ${operand(right)}`)
}

function nullIf(node: PgNode, scope: Scope): Typed {
  const [left, right] = translateAll(nodesIn(node, 'args'), scope)
  assert(left !== undefined && right !== undefined, 'NULLIF has two arguments')
  const isZero =
    right.constant?.kind === 'integer' || right.constant?.kind === 'numeric'
      ? right.isNotZero !== true
      : /^CAST\(0(\.0*)? AS /.test(right.sql)
  return atom(left.type, `nullif(${left.sql}, ${right.sql})`, { scale: left.scale, isLoose: left.isLoose, isNotZero: isZero })
}

/** `x = ANY (ARRAY[…])` is a list of alternatives; over an array that is computed it stays what it is. */
function anyOf(node: PgNode, scope: Scope): Typed {
  const [leftNode, rightNode] = nodesIn(node, 'args')
  assert(leftNode !== undefined && rightNode !== undefined, 'a comparison has two sides')
  const symbol = operatorOf(node, scope)
  const isAny = flagIn(node, 'useOr')
  const left = translateExpression(leftNode, scope)
  const collation = numberIn(node, 'inputcollid')
  const inner = rightNode.tag === 'RELABELTYPE' || rightNode.tag === 'ARRAYCOERCEEXPR' ? (nodeIn(rightNode, 'arg') ?? rightNode) : rightNode
  const elements = elementsOf(inner, scope)
  if (elements !== null && elements.length > 0 && ((symbol === '=' && isAny) || (symbol === '<>' && !isAny))) {
    return typed(OID.bool, `${operand(left)} ${isAny ? 'IN' : 'NOT IN'} (${elements.map(({ sql }) => sql).join(', ')})`)
  }
  if (elements !== null && elements.length > 0) {
    const each = elements.map((right) => operand(translateOperator({ name: symbol, type: OID.bool, collation, left, right, scope })))
    return typed(OID.bool, each.join(isAny ? ' OR ' : ' AND '))
  }
  const right = translateExpression(rightNode, scope)
  if (!/^(=|<>|<|>|<=|>=)$/.test(symbol))
    throw untranslatable(`${symbol} ANY (array)`, 'only comparisons are the same over an array that is computed')
  // Over no array at all the answer is NULL in Postgres, and false in DuckDB.
  return atom(
    OID.bool,
    `CASE WHEN ${operand(right)} IS NOT NULL THEN ${operand(left)} ${symbol} ${isAny ? 'ANY' : 'ALL'} (${right.sql}) END`,
  )
}

function elementsOf(node: PgNode, scope: Scope): readonly Typed[] | null {
  if (node.tag === 'ARRAYEXPR') return translateAll(nodesIn(node, 'elements'), scope)
  if (node.tag !== 'CONST') return null
  const element = elementType(numberIn(node, 'consttype'))
  const list = constantSql(node, (oid) => typeName(oid, scope))
  if (element === null || list.constant?.kind !== 'array') return null
  const texts = list.constant.values.map((value) =>
    value?.kind === 'text' ? quoteLiteral(value.value) : value?.kind === 'integer' ? String(value.value) : null,
  )
  return texts.some((text) => text === null) ? null : texts.map((text) => atom(element, text ?? ''))
}

function logic(node: PgNode, scope: Scope): Typed {
  const given = translateAll(nodesIn(node, 'args'), scope)
  const kind = textIn(node, 'boolop')
  const [first] = given
  if (kind === 'not') return typed(OID.bool, `NOT ${operand(first ?? atom(OID.bool, 'NULL'))}`)
  return typed(OID.bool, given.map(operand).join(kind === 'or' ? ' OR ' : ' AND '))
}

const BOOLEAN_TESTS = ['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS NULL', 'IS NOT NULL']

function booleanTest(node: PgNode, scope: Scope): Typed {
  const test = BOOLEAN_TESTS[numberIn(node, 'booltesttype')] ?? 'IS NULL'
  const value = operand(translateExpression(needNode(node, 'arg'), scope))
  const match = /^IS (NOT )?(TRUE|FALSE)$/.exec(test)
  return typed(
    OID.bool,
    match === null
      ? `${value} ${test}`
      : `${value} IS ${match[1] === undefined ? 'NOT DISTINCT' : 'DISTINCT'} FROM ${match[2]?.toLowerCase()}`,
  )
}

function nullTest(node: PgNode, scope: Scope): Typed {
  if (flagIn(node, 'argisrow')) throw untranslatable('row IS NULL', 'a whole row as one value has no counterpart')
  return typed(
    OID.bool,
    `${operand(translateExpression(needNode(node, 'arg'), scope))} ${numberIn(node, 'nulltesttype') === 0 ? 'IS NULL' : 'IS NOT NULL'}`,
  )
}

function cases(node: PgNode, scope: Scope): Typed {
  const tested = nodeIn(node, 'arg')
  const inner = tested === null ? scope : { ...scope, tested: translateExpression(tested, scope) }
  const arms = nodesIn(node, 'args').map((arm) => ({
    when: translateExpression(needNode(arm, 'expr'), inner),
    result: translateExpression(needNode(arm, 'result'), scope),
  }))
  const otherwise = nodeIn(node, 'defresult')
  const last = otherwise === null ? null : translateExpression(otherwise, scope)
  const all = unified([...arms.map(({ result }) => result), ...(last === null ? [] : [last])])
  const written = arms.map(({ when, result }) => `WHEN ${when.sql} THEN ${withScale(result, all.scale).sql}`)
  return atom(
    numberIn(node, 'casetype'),
    `CASE ${written.join(' ')}${last === null ? '' : ` ELSE ${withScale(last, all.scale).sql}`} END`,
    all,
  )
}

const together =
  (called: string, type: string): Printer =>
  (node, scope) => {
    const values = translateAll(nodesIn(node, 'args'), scope)
    if (called !== 'coalesce') needBinaryOrder(numberIn(node, 'inputcollid'), numberIn(node, type), scope)
    return atom(
      numberIn(node, type),
      `${called}(${aligned(values)
        .map(({ sql }) => sql)
        .join(', ')})`,
      { ...unified(values), isNotZero: called === 'coalesce' && values.every(({ isNotZero }) => isNotZero === true) },
    )
  }

function arrayOf(node: PgNode, scope: Scope): Typed {
  if (flagIn(node, 'multidims')) throw untranslatable('an array of arrays', 'Postgres keeps it as one array of two dimensions')
  const values = translateAll(nodesIn(node, 'elements'), scope)
  const type = numberIn(node, 'array_typeid')
  return atom(
    type,
    values.length === 0
      ? castEmpty(type)
      : `[${aligned(values)
          .map(({ sql }) => sql)
          .join(', ')}]`,
    unified(values),
  )
}

function castEmpty(type: number): string {
  return type === 1009 ? 'CAST([] AS VARCHAR[])' : '[]'
}

/** An index below one finds nothing in Postgres; DuckDB counts those from the end. */
function subscript(node: PgNode, scope: Scope): Typed {
  const container = translateExpression(needNode(node, 'refexpr'), scope)
  const uppers = listIn(node, 'refupperindexpr').filter(isNode)
  if (!isArray(container.type) || nodesIn(node, 'reflowerindexpr').length > 0 || uppers.length !== 1)
    throw untranslatable('a subscript', 'only one element of an array of one dimension is read the same')
  const index = translateExpression(uppers[0] as PgNode, scope)
  const isPositive = index.constant?.kind === 'integer' && index.constant.value > 0n
  const sql = `${operand(container)}[${index.sql}]`
  const { scale, isLoose } = container
  return atom(
    numberIn(node, 'refrestype') || (elementType(container.type) ?? 0),
    isPositive ? sql : `CASE WHEN ${operand(index)} > 0 THEN ${sql} END`,
    { scale, isLoose },
  )
}

/** Kinds of CURRENT_DATE and its like, as Postgres numbers them. */
const CURRENT_DATE = 0
const CURRENT_TIMESTAMP = 3

function currentValue(node: PgNode, { session }: Scope): Typed {
  const kind = numberIn(node, 'op')
  if (kind === CURRENT_DATE) return atom(OID.date, `CAST(now() AT TIME ZONE ${quoteLiteral(session.catalog.timeZone)} AS DATE)`)
  if (kind === CURRENT_TIMESTAMP) return atom(OID.timestamptz, 'now()')
  throw untranslatable('a value of the session', 'who asks, and in which database, is not part of a model')
}

const argument: Printer = (node, scope) => translateExpression(needNode(node, 'arg'), scope)

const PRINTERS: Readonly<Record<string, Printer>> = {
  VAR: column,
  CONST: (node, scope) => constantSql(node, (oid) => typeName(oid, scope)),
  PARAM: parameter,
  FUNCEXPR: call,
  OPEXPR: operation,
  DISTINCTEXPR: distinctFrom,
  NULLIFEXPR: nullIf,
  SCALARARRAYOPEXPR: anyOf,
  BOOLEXPR: logic,
  BOOLEANTEST: booleanTest,
  NULLTEST: nullTest,
  CASEEXPR: cases,
  CASETESTEXPR: (_node, scope) => scope.tested ?? atom(OID.text, 'NULL'),
  CASE: cases,
  COALESCEEXPR: together('coalesce', 'coalescetype'),
  COALESCE: together('coalesce', 'coalescetype'),
  MINMAXEXPR: (node, scope) => together(numberIn(node, 'op') === 0 ? 'greatest' : 'least', 'minmaxtype')(node, scope),
  MINMAX: (node, scope) => together(numberIn(node, 'op') === 0 ? 'greatest' : 'least', 'minmaxtype')(node, scope),
  ARRAYEXPR: arrayOf,
  ARRAY: arrayOf,
  SUBSCRIPTINGREF: subscript,
  SQLVALUEFUNCTION: currentValue,
  RELABELTYPE: (node, scope) => castTo(argument(node, scope), numberIn(node, 'resulttype'), scope),
  COERCEVIAIO: (node, scope) => castTo(argument(node, scope), numberIn(node, 'resulttype'), scope),
  ARRAYCOERCEEXPR: (node, scope) => castTo(argument(node, scope), numberIn(node, 'resulttype'), scope),
  COLLATEEXPR: argument,
  AGGREF: (node, scope) => translateAggregate(node, scope, translateExpression),
  WINDOWFUNC: (node, scope) => translateWindowCall(node, scope, translateExpression),
  SUBLINK: (node, scope) => translateSublink(node, scope, translateExpression),
  GROUPINGFUNC: (node, scope) => grouping(node, scope),
}

function grouping(node: PgNode, scope: Scope): Typed {
  return atom(
    OID.int4,
    `CAST(grouping(${translateAll(nodesIn(node, 'args'), scope)
      .map(({ sql }) => sql)
      .join(', ')}) AS INTEGER)`,
  )
}
