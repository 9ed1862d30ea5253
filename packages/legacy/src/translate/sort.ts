/** ORDER BY, PARTITION BY and DISTINCT name columns of a target list by a reference. */
import { assert } from '@millrace/base'
import { flagIn, needNode, numberIn, type PgNode } from '../postgres/node-tree.ts'
import { needBinaryOrder } from './operator.ts'
import type { Scope } from './scope.ts'
import type { Typed } from './typed.ts'

export type Print = (node: PgNode, scope: Scope) => Typed

export function targetOf(clause: PgNode, targets: readonly PgNode[]): PgNode {
  const reference = numberIn(clause, 'tleSortGroupRef')
  const target = targets.find((each) => numberIn(each, 'ressortgroupref') === reference)
  assert(target !== undefined, 'what is sorted by is a target')
  return needNode(target, 'expr')
}

/** NULLs lie last in Postgres where nothing is said, and here it is always said. */
export function sortKeys(
  clauses: readonly PgNode[],
  targets: readonly PgNode[],
  { scope, print }: { scope: Scope; print: Print },
): string[] {
  return clauses.map((clause) => {
    const value = print(targetOf(clause, targets), scope)
    const collation = collationOf(targetOf(clause, targets))
    needBinaryOrder(collation, value.type, scope)
    const isDescending = isReversed(clause, scope)
    return `${asKey(value)}${isDescending ? ' DESC' : ''} NULLS ${flagIn(clause, 'nulls_first') ? 'FIRST' : 'LAST'}`
  })
}

/** The collation of what an expression yields; the database's where it does not say. */
export function collationOf(node: PgNode): number {
  const field = Object.keys(node.fields).find(
    (each) => each !== 'inputcollid' && /(?:collid|collOid|collation)$/.test(each) && numberIn(node, each) !== 0,
  )
  return field === undefined ? DEFAULT_COLLATION : numberIn(node, field)
}

const DEFAULT_COLLATION = 100

/** Older releases tell the direction by the operator alone. */
function isReversed(clause: PgNode, { session }: Scope): boolean {
  if (clause.fields['reverse_sort'] !== undefined) return flagIn(clause, 'reverse_sort')
  return session.catalog.operators.get(numberIn(clause, 'sortop'))?.name === '>'
}

/** A constant number would be the place of a column. */
export function asKey(value: Typed): string {
  return value.constant === undefined ? value.sql : `(${value.sql} + 0)`.replace(/^\(('.*') \+ 0\)$/s, "($1 || '')")
}

export function groupKeys(
  clauses: readonly PgNode[],
  targets: readonly PgNode[],
  { scope, print }: { scope: Scope; print: Print },
): string[] {
  return clauses.map((clause) => asKey(print(targetOf(clause, targets), scope)))
}
