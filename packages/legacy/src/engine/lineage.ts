/**
 * Which columns of its inputs each column of a view is made of, from the tree of Postgres: every reference to a column
 * names its relation and its number there, through joins, subqueries, common tables and groups. As with DuckDB's models,
 * what only decides which rows there are is not told. What a function reads by itself is not in the tree.
 */
import { isNode, listOf, nodeOf, numberOf, readTree, type TreeItem, type TreeNode } from './node-tree.ts'

/** Of a relation of the server, by its number; column 0 is the whole row. */
export interface TreeOrigin {
  readonly relation: number
  readonly column: number
}

/** By a text that tells them apart. */
type Origins = ReadonlyMap<string, TreeOrigin>

interface Scope {
  readonly query: TreeNode
  readonly outer: Scope | null
}

const NONE: Origins = new Map()
const EXISTS = 0

/** For each column of the view, in order. */
export function lineageOfTree(tree: string): readonly (readonly TreeOrigin[])[] {
  const read = readTree(tree)
  const [query] = Array.isArray(read) ? (read as readonly TreeItem[]) : []
  if (!isNode(query)) return []
  return new TreeLineage().columnsOf({ query, outer: null }).map((origins) => [...origins.values()])
}

class TreeLineage {
  /** What was found of a query; of one that reads itself, what was found so far. */
  readonly #known = new Map<TreeNode, readonly Origins[]>()

  columnsOf(scope: Scope): readonly Origins[] {
    const { query } = scope
    const known = this.#known.get(query)
    if (known !== undefined) return known
    this.#known.set(query, [])
    // The second walk of one that reads itself knows what the first found.
    for (let walk = 0; walk < 2; walk += 1) this.#known.set(query, this.#columnsNow(scope))
    return this.#known.get(query) ?? []
  }

  #columnsNow(scope: Scope): readonly Origins[] {
    const operations = nodeOf(scope.query, 'setOperations')
    if (operations !== null) {
      const sides = leavesOf(operations).map((index) => this.#relation(scope, index))
      return (sides.find((side) => side.length > 0) ?? []).map((_, at) => union(sides.map((side) => side[at] ?? NONE)))
    }
    const entries = listOf(scope.query, 'targetList').filter(isNode)
    return entries
      .filter((entry) => entry.fields.get('resjunk') !== 'true')
      .map((entry) => this.#originsOf(entry.fields.get('expr'), scope))
  }

  /** Of every column that is referred to within it. */
  #originsOf(item: TreeItem | undefined, scope: Scope): Origins {
    if (Array.isArray(item)) return union((item as readonly TreeItem[]).map((each) => this.#originsOf(each, scope)))
    if (!isNode(item)) return NONE
    switch (item.kind) {
      case 'VAR':
        return this.#column(above(scope, numberOf(item, 'varlevelsup')), numberOf(item, 'varno'), numberOf(item, 'varattno'))
      case 'QUERY':
        return union(this.columnsOf({ query: item, outer: scope }))
      case 'SUBLINK':
        return numberOf(item, 'subLinkType') === EXISTS
          ? NONE
          : union([this.#originsOf(item.fields.get('testexpr'), scope), this.#originsOf(item.fields.get('subselect'), scope)])
      case 'WINDOWFUNC':
        return union([this.#fields(item, scope), this.#windowOf(scope, numberOf(item, 'winref'))])
      default:
        return this.#fields(item, scope)
    }
  }

  #fields(node: TreeNode, scope: Scope): Origins {
    return union([...node.fields.values()].map((field) => this.#originsOf(field, scope)))
  }

  /** What a window is parted and ordered by. */
  #windowOf(scope: Scope, reference: number): Origins {
    const clauses = listOf(scope.query, 'windowClause').filter(isNode)
    const window = clauses.find((clause) => numberOf(clause, 'winref') === reference)
    if (window === undefined) return NONE
    const parts = [...listOf(window, 'partitionClause'), ...listOf(window, 'orderClause')].filter(isNode)
    const sorted = new Set(parts.map((part) => numberOf(part, 'tleSortGroupRef')))
    const entries = listOf(scope.query, 'targetList').filter(isNode)
    const meant = entries.filter((entry) => sorted.has(numberOf(entry, 'ressortgroupref')))
    return union(meant.map((entry) => this.#originsOf(entry.fields.get('expr'), scope)))
  }

  #column(scope: Scope | null, relation: number, column: number): Origins {
    if (scope === null || column < 0) return NONE
    const entry = listOf(scope.query, 'rtable')[relation - 1]
    if (!isNode(entry)) return NONE
    if (numberOf(entry, 'rtekind') === 0) {
      const origin = { relation: numberOf(entry, 'relid'), column }
      return new Map([[`${origin.relation} ${column}`, origin]])
    }
    const columns = this.#relation(scope, relation)
    return column === 0 ? union(columns) : (columns[column - 1] ?? NONE)
  }

  /** Of what stands in a FROM and is no relation of the server. */
  #relation(scope: Scope, index: number): readonly Origins[] {
    const entry = listOf(scope.query, 'rtable')[index - 1]
    if (!isNode(entry)) return []
    const subquery = nodeOf(entry, 'subquery')
    if (subquery !== null) return this.columnsOf({ query: subquery, outer: scope })
    const each = (field: string): readonly Origins[] => listOf(entry, field).map((item) => this.#originsOf(item, scope))
    if (entry.fields.has('joinaliasvars')) return each('joinaliasvars')
    if (entry.fields.has('groupexprs')) return each('groupexprs')
    if (entry.fields.has('values_lists')) {
      const rows = listOf(entry, 'values_lists') as readonly (readonly TreeItem[])[]
      return (rows[0] ?? []).map((_, at) => union(rows.map((row) => this.#originsOf(row[at], scope))))
    }
    if (entry.fields.has('ctename')) return this.#common(scope, entry)
    // A function in FROM: each of its columns is made of all its arguments.
    const made = union([this.#originsOf(entry.fields.get('functions'), scope), this.#originsOf(entry.fields.get('tablefunc'), scope)])
    return FUNCTION_COLUMNS.map(() => made)
  }

  #common(scope: Scope, entry: TreeNode): readonly Origins[] {
    const home = above(scope, numberOf(entry, 'ctelevelsup'))
    const tables = home === null ? [] : listOf(home.query, 'cteList').filter(isNode)
    const table = tables.find((each) => each.fields.get('ctename') === entry.fields.get('ctename'))
    const query = table === undefined ? null : nodeOf(table, 'ctequery')
    return query === null ? [] : this.columnsOf({ query, outer: home })
  }
}

/** As many as a relation can have. */
const FUNCTION_COLUMNS: readonly null[] = Array.from({ length: 1600 }, () => null)

function above(scope: Scope, levels: number): Scope | null {
  let at: Scope | null = scope
  for (let level = 0; level < levels && at !== null; level += 1) at = at.outer
  return at
}

/** The relations that a tree of UNION, INTERSECT and EXCEPT puts together. */
function leavesOf(operations: TreeNode): readonly number[] {
  const sides = [nodeOf(operations, 'larg'), nodeOf(operations, 'rarg')].filter((side) => side !== null)
  return sides.flatMap((side) => (side.kind === 'SETOPERATIONSTMT' ? leavesOf(side) : [numberOf(side, 'rtindex')]))
}

function union(all: readonly Origins[]): Origins {
  const some = all.filter(({ size }) => size > 0)
  return some.length === 1 ? (some[0] as Origins) : some.length === 0 ? NONE : new Map(some.flatMap((origins) => [...origins]))
}
