/**
 * Which part of a relation a model asks for: the columns that its filters compare with constants, and those
 * that it is joined by. Read from DuckDB's bound plan with views taken apart, so that a filter of a view's reader
 * is one of what the view reads.
 */
import {
  type ColumnOrigin,
  type ColumnReader,
  type LineageObserver,
  type PlanNode,
  relationsOfPlan,
  walkLineage,
} from '../check/lineage.ts'
import { foldedName } from '../model/model.ts'

export interface Touch {
  /** The folded name of what is read. */
  readonly relation: string
  readonly column: string
  readonly how: 'equal' | 'range' | 'join'
}

export interface Reading {
  /** The folded name of the model that reads. */
  readonly reader: string
  /** Folded names, with what its views read in their place. */
  readonly relations: ReadonlySet<string>
  readonly touches: readonly Touch[]
}

interface Expression {
  readonly expression_class?: string
  readonly type?: string
  readonly left?: unknown
  readonly right?: unknown
  readonly input?: unknown
  readonly children?: readonly Expression[]
}

export function readingOf(reader: string, plan: PlanNode): Reading {
  const touches = new Map<string, Touch>()
  const add = (origins: readonly ColumnOrigin[], how: Touch['how']): void => {
    const [origin] = origins
    // What is made of several columns says nothing about one of them.
    if (origin === undefined || origins.length > 1) return
    const [relation, column] = [foldedName(origin[0]), origin[1]]
    touches.set(JSON.stringify([relation, column, how]), { relation, column, how })
  }
  walkLineage(plan, observerOf(add))
  return { reader, relations: new Set([...relationsOfPlan(plan)].map(foldedName)), touches: [...touches.values()] }
}

type Add = (origins: readonly ColumnOrigin[], how: Touch['how']) => void

function observerOf(add: Add): LineageObserver {
  return {
    filter: (node, { originsOf }) => {
      for (const expression of node['expressions'] as readonly Expression[]) visit(expression, originsOf, add)
    },
    join: (node, { left, right }) => {
      for (const condition of (node['conditions'] ?? []) as readonly Expression[]) {
        add(left.originsOf(condition.left), 'join')
        add(right.originsOf(condition.right), 'join')
      }
    },
  }
}

function visit(expression: Expression, originsOf: ColumnReader['originsOf'], add: Add): void {
  const { type = '', left, right, input, children = [] } = expression
  if (type.startsWith('CONJUNCTION')) for (const child of children) visit(child, originsOf, add)
  else if (type === 'COMPARE_BETWEEN') add(originsOf(input), 'range')
  else if (type === 'COMPARE_IN' || type === 'OPERATOR_IS_NULL') add(originsOf(children[0]), 'equal')
  else if (type.startsWith('COMPARE_') && type !== 'COMPARE_NOTEQUAL') {
    const sides = [originsOf(left), originsOf(right)]
    const isJoin = sides.every((side) => side.length > 0)
    const isEqual = type === 'COMPARE_EQUAL' || type === 'COMPARE_NOT_DISTINCT_FROM'
    for (const side of sides) add(side, isJoin ? 'join' : isEqual ? 'equal' : 'range')
  }
}
