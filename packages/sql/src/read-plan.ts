/** Turns DuckDB's serialised, bound plan into ours; what has no exact counterpart is refused by name. */
import { constant } from './expression/constant.ts'
import { distinct } from './plan/distinct.ts'
import { join } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { project } from './plan/project.ts'
import { rows } from './plan/rows.ts'
import { scan } from './plan/scan.ts'
import type { ExpressionType, PlanType } from './duckdb-type.ts'
import { byteOf, type ExpressionJson, type PlanJson } from './plan-json.ts'
import { readAsof } from './read-asof.ts'
import { readAggregate } from './read-aggregate.ts'
import { readExpression, readType } from './read-expression.ts'
import { readFilter } from './read-filter.ts'
import { readJoin } from './read-join.ts'
import { expressionsOf, kept, nameOfNode, onlyChild, type PlanContext, sidesOf } from './plan-context.ts'
import { readLateral } from './read-lateral.ts'
import { readRecursion } from './read-recursion.ts'
import { readScalarSubquery } from './read-scalar-subquery.ts'
import { readExcept, readIntersect, readUnion } from './read-set-operation.ts'
import { readDistinctOn, readLimit } from './read-top.ts'
import { readWindow } from './read-window.ts'
import { isListFunction, readListFunction, readNumberedList, readUnnest } from './read-unnest.ts'
import { Unsupported } from './sql-error.ts'

const INT32 = { kind: 'int32' } as const

/** Without tables of WITH and without outer rows at first. */
export function readPlan(json: PlanJson, relationOf: PlanContext['relationOf']): Plan {
  return readNode(json, { relationOf, tables: new Map(), outer: null, read: readNode })
}

function readNode(json: PlanJson, context: PlanContext): Plan {
  switch (json.type) {
    case 'LOGICAL_PROJECTION':
      return readScalarSubquery(json, context) ?? project(onlyChild(json, context), expressionsOf(json))
    case 'LOGICAL_FILTER':
      return kept(json, 'projection_map', readFilter(json, context))
    case 'LOGICAL_GET':
      return readScan(json, context)
    case 'LOGICAL_UNNEST':
      return readUnnest(json, context)
    case 'LOGICAL_DELIM_JOIN':
      return readLateral(json, context) ?? readJoin(json, context)
    case 'LOGICAL_COMPARISON_JOIN':
    case 'LOGICAL_ANY_JOIN':
      return readJoin(json, context)
    case 'LOGICAL_ASOF_JOIN':
      return readAsof(json, context)
    case 'LOGICAL_CROSS_PRODUCT':
      return join('inner', sidesOf(json, context), { keys: [], residual: null })
    case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
      return readAggregate(json, context)
    case 'LOGICAL_UNION':
      return readUnion(json, context)
    case 'LOGICAL_EXCEPT':
      return readExcept(json, context)
    case 'LOGICAL_INTERSECT':
      return readIntersect(json, context)
    case 'LOGICAL_DISTINCT':
      return json['distinct_type'] === 'DISTINCT' ? distinct(onlyChild(json, context)) : readDistinctOn(json, context)
    case 'LOGICAL_LIMIT':
      return readLimit(json, context)
    case 'LOGICAL_WINDOW':
      return readNumberedList(json, context) ?? readWindow(json, context)
    case 'LOGICAL_ORDER_BY':
      // A relation has no order: its consumers sort what they read. Below a LIMIT it is read with it.
      return onlyChild(json, context)
    case 'LOGICAL_MATERIALIZED_CTE':
      return readSharedTable(json, context)
    case 'LOGICAL_RECURSIVE_CTE':
      return readRecursion(json, context)
    case 'LOGICAL_CTE_REF':
      return readSharedReference(json, context)
    case 'LOGICAL_DELIM_GET':
      if (context.outer === null) throw new Unsupported('a correlated subquery of this shape', null, 'Write it as a join.')
      return context.outer
    case 'LOGICAL_DUMMY_SCAN':
      // DuckDB counts a column in it, behind which an UNNEST of constants has its own.
      return rows([[constant(null, INT32)]], [INT32])
    case 'LOGICAL_EXPRESSION_GET':
      return readRows(json)
    default:
      throw new Unsupported(nameOfNode(json.type), placeWithin(json))
  }
}

interface TableData {
  readonly schema: string
  readonly table: string
}

interface ColumnIndexJson {
  readonly index: number | bigint
}

function readScan(json: PlanJson, context: PlanContext): Plan {
  const table = json['function_data'] as TableData | undefined
  if (isListFunction(json)) return readListFunction(json, context)
  const isTable = json['name'] === 'seq_scan' && table !== undefined
  const relation = isTable ? context.relationOf(table.schema, table.table) : undefined
  if (relation === undefined) throw new Unsupported(`the table function ${String(json['name'])}`, null, 'Read a stream or a model instead.')
  const names = json['names'] as readonly string[]
  const types = json['returned_types'] as readonly PlanType[]
  const read = (json['column_indexes'] as readonly ColumnIndexJson[]).map(({ index }) => (typeof index === 'number' ? index : null))
  const columns = read.map((index) => (index === null ? null : (names[index] ?? null)))
  const unread: ExpressionType = { kind: 'boolean' }
  return kept(
    json,
    'projection_ids',
    scan(
      relation,
      columns,
      read.map((index) => (index === null ? unread : readType(types[index], null))),
    ),
  )
}

function readSharedTable(json: PlanJson, context: PlanContext): Plan {
  const [definition, body] = json.children
  if (definition === undefined || body === undefined) throw new Unsupported('WITH', null)
  const tables = new Map(context.tables)
  tables.set(Number(json['table_index']), readNode(definition, context))
  return readNode(body, { ...context, tables })
}

function readSharedReference(json: PlanJson, context: PlanContext): Plan {
  const shared = context.tables.get(Number(json['cte_index']))
  if (shared === undefined || json['is_recurring'] === true) throw new Unsupported('WITH RECURSIVE of this shape', null)
  return shared
}

function readRows(json: PlanJson): Plan {
  const written = json['expressions'] as readonly (readonly ExpressionJson[])[]
  const types = (json['expr_types'] as readonly PlanType[]).map((type) => readType(type, null))
  return rows(
    written.map((row) => row.map(readExpression)),
    types,
  )
}

/** The first place that any expression of the node tells. */
function placeWithin(value: unknown): number | null {
  if (typeof value !== 'object' || value === null) return null
  if ('query_location' in value) {
    const place = byteOf((value as ExpressionJson).query_location)
    if (place !== null) return place
  }
  for (const [field, inner] of Object.entries(value)) {
    if (field === 'children' && 'table_index' in value) continue
    const place = placeWithin(inner)
    if (place !== null) return place
  }
  return null
}
