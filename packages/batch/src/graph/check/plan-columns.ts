/**
 * The columns of a SELECT, read from its bound plan, so that DuckDB need not bind it a second time to tell
 * them: that was half of what a check of thousands of wide models took. Only where the plan says them beyond
 * doubt; of anything else DuckDB is asked.
 */
import type { GraphColumn } from './checked-graph.ts'
import type { PlanNode } from './lineage.ts'

interface PlanExpression {
  readonly alias?: string
  readonly return_type?: PlanColumnType
}

interface PlanColumnType {
  readonly id?: string
  readonly type_info?: { readonly type?: string; readonly alias?: string; readonly width?: number; readonly scale?: number } | null
}

/** Types without parameters, whose name in a plan is their name in SQL. */
const PLAIN_TYPES: ReadonlySet<string> = new Set(
  'BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE VARCHAR DATE TIMESTAMP'.split(' '),
)

/**
 * What else stands there as an alias need not be the column's name: a group is named by its place (`0`), and a
 * call without a name as the plan would write it.
 */
const NAME = /^[a-z_]\w*$/i

/** Null where the plan does not tell. */
export function columnsOfPlan({ type, expressions }: PlanNode): readonly GraphColumn[] | null {
  if (type !== 'LOGICAL_PROJECTION' || !Array.isArray(expressions)) return null
  const columns: GraphColumn[] = []
  const names = new Set<string>()
  for (const { alias = '', return_type: returns } of expressions as readonly PlanExpression[]) {
    const sqlType = typeName(returns)
    const folded = alias.toLowerCase()
    // Of two columns of one name DuckDB renames the second.
    if (!NAME.test(alias) || sqlType === null || names.has(folded)) return null
    names.add(folded)
    columns.push({ name: alias, type: sqlType })
  }
  return columns
}

function typeName({ id = '', type_info: info = null }: PlanColumnType = {}): string | null {
  if (info === null) return PLAIN_TYPES.has(id) ? id : null
  const isDecimal = id === 'DECIMAL' && info.type === 'DECIMAL_TYPE_INFO' && (info.alias ?? '') === ''
  return isDecimal ? `DECIMAL(${info.width},${info.scale})` : null
}
