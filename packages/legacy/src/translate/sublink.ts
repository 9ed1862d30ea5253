/** Subqueries inside expressions. */
import { assert } from '@millrace/base'
import { needNode, nodeIn, nodesIn, numberIn, type PgNode } from '../postgres/node-tree.ts'
import { OID } from '../postgres/type.ts'
import { ORDER_MATTERS, type Scope } from './scope.ts'
import type { Print } from './sort.ts'
import { atom, operand, type Typed, typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

/** Kinds, as Postgres numbers them. */
const EXISTS = 0
const ALL = 1
const ANY = 2
const VALUE = 4
const ARRAY = 6

export function translateSublink(node: PgNode, scope: Scope, print: Print): Typed {
  const kind = numberIn(node, 'subLinkType')
  const inner = needNode(node, 'subselect')
  const marked = kind === ARRAY ? { ...inner, fields: { ...inner.fields, [ORDER_MATTERS]: true } } : inner
  const query = scope.session.query(marked, scope, scope.parameters)
  if (kind === EXISTS) return atom(OID.bool, `EXISTS (${query.sql})`)
  const [column] = query.columns
  assert(column !== undefined, 'a subquery has a column')
  const { scale, isLoose, type } = column
  if (kind === VALUE) return atom(type, `(${query.sql})`, { scale, isLoose })
  // Without an order in it the elements come as they happen to lie.
  if (kind === ARRAY) {
    if (nodesIn(needNode(node, 'subselect'), 'sortClause').length === 0)
      throw untranslatable('ARRAY(SELECT …) without ORDER BY', 'the order of its elements is not defined')
    return atom(arrayTypeOf(type, scope), `coalesce(ARRAY(${query.sql}), [])`, { scale, isLoose })
  }
  if (kind === ANY || kind === ALL) return comparison(node, scope, { print, sql: query.sql, isAny: kind === ANY })
  throw untranslatable('a subquery of rows', 'several columns are compared at once')
}

function comparison(node: PgNode, scope: Scope, { print, sql, isAny }: { print: Print; sql: string; isAny: boolean }): Typed {
  const test = nodeIn(node, 'testexpr')
  if (test?.tag !== 'OPEXPR') throw untranslatable('(a, b) IN (SELECT …)', 'several columns are compared at once')
  const [leftNode, rightNode] = nodesIn(test, 'args')
  const name = scope.session.catalog.operators.get(numberIn(test, 'opno'))?.name
  assert(leftNode !== undefined && name !== undefined, 'a comparison has a left side')
  if (rightNode?.tag !== 'PARAM') throw untranslatable(`${name} ANY (SELECT …)`, 'the subquery’s column is converted before it is compared')
  const left = operand(print(leftNode, scope))
  if (name === '=' && isAny) return typed(OID.bool, `${left} IN (${sql})`)
  return typed(OID.bool, `${left} ${name} ${isAny ? 'ANY' : 'ALL'} (${sql})`)
}

/** Arrays' types by their elements', of those that have a counterpart. */
function arrayTypeOf(element: number, { session }: Scope): number {
  const name = session.catalog.types.get(element)
  const found = [...session.catalog.types].find(([, each]) => each === `${name}[]`)
  return found?.[0] ?? 0
}
