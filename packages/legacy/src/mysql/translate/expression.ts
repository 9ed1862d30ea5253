/** Translates one expression, by its kind. */
import type { BinaryNode, CaseNode, ColumnNode, Expression, InNode, IsNode, LikeNode, NumberNode } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { aggregateCall, isAggregate } from './aggregate.ts'
import { castOf } from './cast.ts'
import { choice } from './choice.ts'
import { comparable, compare, condition } from './compare.ts'
import { addInterval } from './interval.ts'
import { add, asNumber, divide, exact, multiply, wholeArithmetic } from './exact-number.ts'
import { functionCall } from './function-call.ts'
import { momentConstant } from './moment.ts'
import { name } from '../../translate/name.ts'
import { findColumn, type Scope } from './scope.ts'
import { collationOf } from '../catalog/collation.ts'
import { textConstant, textKeys } from './text.ts'
import { atom, decimal, operand, type Value, value } from './value.ts'
import { windowCall } from './window-call.ts'

export function translateExpression(node: Expression, scope: Scope): Value {
  const { grouping } = scope
  // A group's key may be any expression: it is looked for before its parts, which may be no keys.
  if (grouping !== null && node.kind !== 'column' && grouping.keys.length > 0 && !(node.kind === 'call' && isAggregate(node))) {
    const whole = keyOf(node, scope)
    if (whole !== null) return whole
  }
  return byKind(node, scope)
}

function keyOf(node: Expression, scope: Scope): Value | null {
  if (node.kind === 'number' || node.kind === 'text' || node.kind === 'subquery' || node.kind === 'exists') return null
  if (node.kind === 'call' && node.over !== null) return null
  try {
    const whole = byKind(node, { ...scope, grouping: null })
    return scope.grouping?.keys.includes(whole.sql) === true ? whole : null
  } catch {
    // What cannot be translated by itself is told of when its parts are.
    return null
  }
}

function byKind(node: Expression, scope: Scope): Value {
  switch (node.kind) {
    case 'number':
      return numberOf(node)
    case 'text':
      return textConstant(node.value, scope.session.collation)
    case 'moment': {
      const moment = node.type === 'time' ? null : momentConstant(node.value)
      if (moment === null) throw untranslatableAt(`${node.type.toUpperCase()} '${node.value}'`, 'DuckDB has no such value', node.at)
      return moment
    }
    case 'null':
      return atom('null', 'NULL')
    case 'column':
      return columnOf(node, scope)
    case 'unary':
      return unary(node.operator, scope.session.expression(node.operand, scope), node.at)
    case 'binary':
      return binary(node, scope)
    case 'in':
      return inList(node, scope)
    case 'between': {
      const values = [node.value, node.low, node.high].map((each) => scope.session.expression(each, scope))
      const [given, low, high] = comparable(values, { scope, purpose: 'order', at: node.at })
      return value('boolean', `${given} ${node.isNot ? 'NOT ' : ''}BETWEEN ${low} AND ${high}`)
    }
    case 'like':
      return like(node, scope)
    case 'is':
      return is(node, scope)
    case 'case':
      return caseOf(node, scope)
    case 'cast':
      return castOf(node, scope)
    case 'collate': {
      const given = scope.session.expression(node.value, scope)
      if (given.facts === null || given.kind !== 'text')
        throw untranslatableAt('COLLATE', 'it is not known of what letters the text is made', node.at)
      // Whether texts that are equal by it are written in one way was only asked of the column's own.
      const sources = given.facts.sources.length === 0 ? ['a text of the view'] : given.facts.sources
      return { ...given, constant: null, facts: { ...given.facts, collation: collationOf(node.collation), isCanonical: false, sources } }
    }
    case 'call':
      if (node.over !== null) return windowCall(node, scope)
      return isAggregate(node) ? aggregateCall(node, { ...scope, grouping: null }) : functionCall(node, scope)
    case 'exists':
      return atom('boolean', `EXISTS (${scope.session.query(unlimited(node.query), scope).sql})`)
    case 'subquery': {
      const { sql, columns } = scope.session.query(node.query, scope)
      const [column] = columns
      if (column === undefined || columns.length > 1) throw untranslatableAt('a subquery', 'it has several columns', node.at)
      // Whether the server keeps more digits of it than are declared is not known.
      const unsettled = column.value.unsettled === 'never' ? 'never' : 'merged'
      return { ...atom('null', `(${sql})`), ...column.value, unsettled }
    }
    case 'row':
    case 'interval':
      throw untranslatableAt(node.kind === 'row' ? '(…, …)' : 'INTERVAL', 'it has no translation where it stands', node.at)
  }
}

/** MariaDB writes `LIMIT 1` into each EXISTS. */
function unlimited<Q extends { readonly limit: Expression | null }>(query: Q): Q {
  return query.limit?.kind === 'number' && query.limit.text !== '0' ? { ...query, limit: null } : query
}

function numberOf({ text, at }: NumberNode): Value {
  if (/e/i.test(text)) return atom('double', `CAST(${text} AS DOUBLE)`)
  if (!text.includes('.')) {
    if (text.length > 18) throw untranslatableAt(text, 'whether so large a number is whole or exact depends on the server', at)
    return atom('integer', text, { constant: text })
  }
  const [head = '', tail = ''] = text.split('.')
  const sql = `${head === '' ? '0' : head}.${tail}`
  return decimal(sql, tail.length, { isAtom: true, constant: sql })
}

function columnOf(node: ColumnNode, scope: Scope): Value {
  const found = findColumn(node, scope)
  if (found === null) return itemOf(node, scope)
  const { entry, column, scope: level } = found
  if (column.unreadable !== null) throw untranslatableAt(node.path.join('.'), column.unreadable, node.at)
  const sql = `${entry.alias}.${name(column.name)}`
  const result = { ...atom('null', sql), ...column.value }
  const { grouping } = level
  if (grouping === null || grouping.keys.includes(sql)) return result
  if (grouping.single.has(entry.alias)) return { ...result, sql: `any_value(${sql})` }
  throw untranslatableAt(
    node.path.join('.'),
    'it is neither grouped nor in an aggregate, so which row’s value is shown is not defined',
    node.at,
  )
}

/** HAVING and ORDER BY may name what the query gives. */
function itemOf({ path, at }: ColumnNode, scope: Scope): Value {
  const item = scope.items.find(({ alias }) => alias?.toLowerCase() === path[0]?.toLowerCase())
  if (item === undefined) throw untranslatableAt(path.join('.'), 'no table of the view has such a column', at)
  return scope.session.expression(item.value, { ...scope, items: [] })
}

function unary(operator: string, given: Value, at: number): Value {
  if (operator === 'not') return value('boolean', `NOT ${condition(given, at)}`)
  if (operator !== '-' && operator !== '+') throw untranslatableAt(operator, 'DuckDB has no such operator', at)
  const number = exact(asNumber(given, at), at)
  if (operator === '+') return number
  if (number.constant !== null) return { ...number, sql: `-${number.sql}`, constant: `-${number.constant}`, isAtom: false }
  if (number.kind === 'integer')
    return value('integer', `-CAST(${number.sql} AS ${number.isUnsigned ? 'HUGEINT' : 'BIGINT'})`, { isWide: !number.isUnsigned })
  return { ...number, sql: `-${operand(number)}`, isAtom: false }
}

const COMPARISONS = new Set(['=', '<=>', '<>', '<', '<=', '>', '>='])

function binary(node: BinaryNode, scope: Scope): Value {
  const { operator, at } = node
  if (node.right.kind === 'interval' || node.left.kind === 'interval') return addInterval(node, scope)
  if (COMPARISONS.has(operator) && node.left.kind === 'row' && node.right.kind === 'row') return rows(node, scope)
  const [left, right] = [scope.session.expression(node.left, scope), scope.session.expression(node.right, scope)]
  if (COMPARISONS.has(operator)) return compare(left, right, { operator, scope, at })
  if (operator === 'and' || operator === 'or')
    return value('boolean', `${condition(left, at)} ${operator.toUpperCase()} ${condition(right, at)}`)
  if (operator === 'xor') return value('boolean', `${condition(left, at)} <> ${condition(right, at)}`)
  return arithmetic(operator, [left, right], { scope, at })
}

function arithmetic(
  operator: string,
  values: readonly [Value, Value],
  { scope, at }: { readonly scope: Scope; readonly at: number },
): Value {
  const [left, right] = values.map((each) => asNumber(each, at)) as [Value, Value]
  if (left.unsettled === 'merged' || right.unsettled === 'merged')
    throw untranslatableAt(operator, 'another view divides, and with how many digits depends on the server’s plan: round it there', at)
  const { catalog } = scope.session
  if (operator === '/') return divide(left, right, { digits: catalog.divisionDigits, at })
  const isWhole = [left, right].every(({ kind }) => kind === 'integer' || kind === 'null')
  if (operator === '-' && isWhole && !catalog.hasUnsignedSubtraction && (left.isUnsigned || right.isUnsigned))
    throw untranslatableAt('-', 'the server’s sql_mode has NO_UNSIGNED_SUBTRACTION, which any session may change', at)
  if (operator === '+' || operator === '-' || operator === '*') {
    if (isWhole) return wholeArithmetic(left, right, operator)
    return operator === '*' ? multiply(left, right, at) : add(left, right, { operator, at })
  }
  if (operator === 'div' && isWhole && !left.isUnsigned && !right.isUnsigned)
    return value('integer', `CAST(${left.sql} AS BIGINT) // CAST(${right.sql} AS BIGINT)`, { isWide: true })
  if ((operator === 'mod' || operator === '%') && isWhole && !left.isUnsigned && !right.isUnsigned)
    return value('integer', `CAST(${left.sql} AS BIGINT) % CAST(${right.sql} AS BIGINT)`, { isWide: true })
  throw untranslatableAt(operator.toUpperCase(), 'this operator has no exact counterpart in DuckDB for such operands', at)
}

function rows({ operator, left, right, at }: BinaryNode, scope: Scope): Value {
  const pairs = left.kind === 'row' && right.kind === 'row' ? left.items.map((item, index) => [item, right.items[index]] as const) : []
  if (operator !== '=' || pairs.length === 0) throw untranslatableAt('(…, …)', 'rows are compared for equality only', at)
  const tests = pairs.map(([one, other]) => {
    if (other === undefined) throw untranslatableAt('(…, …)', 'the rows have different widths', at)
    return condition(compare(scope.session.expression(one, scope), scope.session.expression(other, scope), { operator, scope, at }), at)
  })
  return value('boolean', tests.join(' AND '))
}

function inList({ value: node, list, isNot, at }: InNode, scope: Scope): Value {
  if (node.kind === 'row') throw untranslatableAt('(…, …) IN', 'rows are compared for equality only', at)
  const given = scope.session.expression(node, scope)
  const not = isNot ? 'NOT ' : ''
  if (!('kind' in list)) {
    const [own, ...others] = comparable([given, ...list.map((each) => scope.session.expression(each, scope))], {
      scope,
      purpose: 'equal',
      at,
    })
    return value('boolean', `${own} ${not}IN (${others.join(', ')})`)
  }
  const { sql, columns } = scope.session.query(list, scope)
  const [column] = columns
  if (column === undefined) throw untranslatableAt('IN', 'its query has no column', at)
  const alias = scope.session.alias('among')
  const other = { ...atom('null', `${alias}.${name(column.name)}`), ...column.value }
  const [own, member] = comparable([given, other], { scope, purpose: 'equal', at })
  return value('boolean', `${own} ${not}IN (SELECT ${member} FROM (${sql}) AS ${alias})`)
}

function like({ value: node, pattern, escape, isNot, at }: LikeNode, scope: Scope): Value {
  const given = scope.session.expression(node, scope)
  if (pattern.kind !== 'text' || escape !== null || given.kind !== 'text' || given.facts === null)
    throw untranslatableAt('LIKE', 'only texts are matched with a pattern that the view holds', at)
  const { collation, isAscii } = given.facts
  if (collation.ignoresCase === null || (collation.ignoresCase && !isAscii))
    textKeys([given], { session: scope.session, purpose: 'equal', at })
  // Blanks at the end count for LIKE, even where the collation takes them for nothing.
  const folded = collation.ignoresCase ? pattern.value.toUpperCase() : pattern.value
  const own = collation.ignoresCase && !given.facts.isUpper ? `upper(${given.sql})` : operand(given)
  const literal = textConstant(folded, scope.session.collation).sql
  if (collation.ignoresCase) textKeys([given], { session: scope.session, purpose: 'equal', at })
  return value('boolean', `${own} ${isNot ? 'NOT ' : ''}LIKE ${literal}${folded.includes('\\') ? " ESCAPE '\\'" : ''}`)
}

function is({ value: node, what, isNot, at }: IsNode, scope: Scope): Value {
  const given = scope.session.expression(node, scope)
  const not = isNot ? 'NOT ' : ''
  if (what === 'null')
    return value('boolean', `${operand(given.kind === 'decimal' && given.quotient !== null ? exact(given, at) : given)} IS ${not}NULL`)
  return value('boolean', `${condition(given, at)} IS ${not}${what === 'unknown' ? 'NULL' : what.toUpperCase()}`)
}

function caseOf({ tested, arms, otherwise, at }: CaseNode, scope: Scope): Value {
  const { expression } = scope.session
  const subject = tested === null ? null : expression(tested, scope)
  const whens = arms.map(({ when }) => {
    const given = expression(when, scope)
    return subject === null ? condition(given, at) : compare(subject, given, { operator: '=', scope, at }).sql
  })
  const values = arms.map((arm) => expression(arm.value, scope))
  return choice(whens, [...values, otherwise === null ? atom('null', 'NULL') : expression(otherwise, scope)], at)
}
