/** Scans of whole tables in a plan that Postgres explained, with the columns that their filters compare. */
export interface PlannedScan {
  readonly schema: string
  readonly table: string
  readonly alias: string
  /** What it yields, by the planner. */
  readonly rows: number
  readonly cost: number
  readonly filter: string
}

interface PostgresNode {
  readonly 'Node Type': string
  readonly Schema?: string
  readonly 'Relation Name'?: string
  readonly Alias?: string
  readonly Filter?: string
  readonly 'Index Name'?: string
  readonly 'Plan Rows': number
  readonly 'Total Cost': number
  readonly Plans?: readonly PostgresNode[]
}

export interface ExplainedPlan {
  readonly cost: number
  /** How long it took; null where it was only planned. */
  readonly ms: number | null
  readonly scans: readonly PlannedScan[]
  readonly indexes: ReadonlySet<string>
  readonly writes: boolean
}

/** `explained` is what the one row of EXPLAIN (VERBOSE, FORMAT JSON) holds. */
export function readPlan(explained: unknown): ExplainedPlan {
  const [{ Plan: root, 'Execution Time': ms }] = explained as [{ Plan: PostgresNode; 'Execution Time'?: number }]
  const nodes = nodesOf(root)
  return {
    cost: root['Total Cost'],
    ms: ms ?? null,
    scans: nodes.flatMap(scanOf),
    indexes: new Set(nodes.flatMap((node) => node['Index Name'] ?? [])),
    writes: nodes.some((node) => node['Node Type'] === 'ModifyTable'),
  }
}

function nodesOf(node: PostgresNode): PostgresNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}

function scanOf(node: PostgresNode): PlannedScan[] {
  const { Schema: schema, 'Relation Name': table, Alias: alias, Filter: filter } = node
  if (node['Node Type'] !== 'Seq Scan' || schema === undefined || table === undefined || filter === undefined) return []
  return [{ schema, table, alias: alias ?? table, rows: node['Plan Rows'], cost: node['Total Cost'], filter }]
}

/** How a filter's text compares a column itself, not what a function makes of it; null where it does not. */
export function comparisonOf(filter: string, column: string): 'equal' | 'range' | null {
  const name = column.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const pattern = new RegExp(String.raw`(\w?)\(+(?:(?:\w+|"(?:[^"]|"")*")\.)?${name}\)?(?:::[\w ]+)?\)? (=|<=|>=|<|>) `, 'g')
  const found = [...filter.matchAll(pattern)].filter(([, called]) => called === '').map(([, , operator]) => operator)
  if (found.includes('=')) return 'equal'
  return found.length > 0 ? 'range' : null
}
