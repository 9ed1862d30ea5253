/** DuckDB's physical plan, from EXPLAIN (FORMAT JSON). */
import type { PlanNode } from './check-plan.ts'

interface DuckdbNode {
  readonly name: string
  readonly children: readonly DuckdbNode[]
  readonly extra_info: Readonly<Record<string, unknown>>
}

/** It names tables and CTEs, never aliases: two names of one table cannot be told apart. */
export function duckdbPlan(json: string): PlanNode {
  const [root] = JSON.parse(json) as [DuckdbNode]
  return planOf(root, new Map())
}

function planOf({ name, extra_info: info, children }: DuckdbNode, ctes: ReadonlyMap<string, string>): PlanNode {
  if (name === 'CTE') {
    const [own, rest] = children as [DuckdbNode, DuckdbNode]
    const known = new Map([...ctes, [String(info['Table Index']), String(info['CTE Name'])]])
    return { names: [], isJoin: false, children: [planOf(own, ctes), planOf(rest, known)] }
  }
  if (name === 'CTE_SCAN') return leaf(ctes.get(String(info['CTE Index'])) ?? '')
  const table = info['Table']
  if (typeof table === 'string') return leaf(lastPart(table))
  return { names: [], isJoin: /JOIN|CROSS_PRODUCT/.test(name), children: children.map((child) => planOf(child, ctes)) }
}

function leaf(name: string): PlanNode {
  return { names: [name], isJoin: false, children: [] }
}

/** `memory.main."large"` is large: DuckDB quotes what could be a word of its own. */
function lastPart(table: string): string {
  const quoted = /"((?:[^"]|"")*)"$/.exec(table)?.[1]
  return quoted === undefined ? (table.split('.').at(-1) ?? table) : quoted.replaceAll('""', '"')
}
