/** What the readers of plan nodes share. */
import type { Expression } from './expression/expression.ts'
import type { Plan } from './plan/plan.ts'
import { keepColumns } from './plan/project.ts'
import type { ScannedRelation } from './plan/scan.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { readExpression } from './read-expression.ts'
import { Unsupported } from './sql-error.ts'

/** What a node may refer to outside itself. */
export interface PlanContext {
  /** The stream or model behind a table of DuckDB's catalog. */
  relationOf(schema: string, table: string): ScannedRelation | undefined
  readonly tables: ReadonlyMap<number, Plan>
  /** The distinct outer rows that a correlated subquery is computed for. */
  readonly outer: Plan | null
  /** Reads a node of any kind. */
  read(json: PlanJson, context: PlanContext): Plan
}

export function sidesOf(json: PlanJson, context: PlanContext): { left: Plan; right: Plan } {
  const [left, right] = json.children
  if (left === undefined || right === undefined) throw new Unsupported(nameOfNode(json.type), null)
  return { left: context.read(left, context), right: context.read(right, context) }
}

export function onlyChild(json: PlanJson, context: PlanContext): Plan {
  const [child] = json.children
  if (child === undefined) throw new Unsupported(nameOfNode(json.type), null)
  return context.read(child, context)
}

/** Applies a node's map of the columns that it hands on; an empty map hands on all. */
export function kept(json: PlanJson, field: string, plan: Plan): Plan {
  const columns = json[field] as readonly number[] | undefined
  return columns === undefined || columns.length === 0 ? plan : keepColumns(plan, columns)
}

export function expressionsOf(json: PlanJson): readonly Expression[] {
  return (json['expressions'] as readonly ExpressionJson[]).map(readExpression)
}

const NODE_NAMES: Readonly<Record<string, string>> = {
  LOGICAL_TOP_N: 'LIMIT',
  LOGICAL_CHUNK_GET: 'a statement about tables, such as DESCRIBE,',
  LOGICAL_RECURSIVE_CTE: 'WITH RECURSIVE',
  LOGICAL_SAMPLE: 'TABLESAMPLE',
  LOGICAL_PIVOT: 'PIVOT',
  LOGICAL_POSITIONAL_JOIN: 'a POSITIONAL join',
}

export function nameOfNode(type: string): string {
  return NODE_NAMES[type] ?? `the operator ${type.replace('LOGICAL_', '')}`
}
