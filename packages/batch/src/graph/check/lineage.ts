/**
 * Which columns of its inputs each column of a model is made of, read from DuckDB's bound plan. An
 * expression refers to the columns of its operator's input by their place, so that one walk from the
 * leaves up is enough. What only decides which rows there are (a filter, a join's condition) is not told.
 */

/** `[relation, column]`. */
export type ColumnOrigin = readonly [relation: string, column: string]
/** For each column of the model, in order, what it is made of. */
export type Lineage = readonly (readonly ColumnOrigin[])[]

export interface PlanNode {
  readonly type: string
  readonly children?: readonly PlanNode[]
  readonly [field: string]: unknown
}

interface Column {
  /** By a text that tells them apart. */
  readonly origins: ReadonlyMap<string, ColumnOrigin>
  /** The relation's column that stands here as it is; null where it was computed, or where rows were grouped since. */
  readonly plain: ColumnOrigin | null
}
type Columns = readonly Column[]

const NONE: Column = { origins: new Map(), plain: null }

/** Is told of operators that ask something of columns, and of what the columns that their expressions refer to are made. */
export interface LineageObserver {
  filter?(node: PlanNode, input: ColumnReader): void
  /** Of its conditions, each with a left and a right side. */
  join?(node: PlanNode, sides: { readonly left: ColumnReader; readonly right: ColumnReader }): void
  /** GROUP BY, DISTINCT or a window. */
  group?(node: PlanNode, input: ColumnReader): void
}

export interface ColumnReader {
  /** All that an expression is made of. */
  readonly originsOf: (expression: unknown) => readonly ColumnOrigin[]
  /** The relation's column that an expression is, with all its rows; null where it is anything else. */
  readonly plainOf: (expression: unknown) => ColumnOrigin | null
}

export function walkLineage(plan: PlanNode, observer: LineageObserver): void {
  new LineageWalk(observer).columnsOf(plan)
}

export function lineageOf(plan: PlanNode): Lineage {
  return new LineageWalk().columnsOf(plan).map(({ origins }) => [...origins.values()])
}

/** The relations that a bound plan reads, each once: `shop.orders`, `revenue`. */
export function relationsOfPlan(plan: PlanNode): Set<string> {
  const found = new Set<string>()
  const visit = (node: PlanNode): void => {
    const relation = relationOfScan(node)
    if (relation !== null) found.add(relation)
    for (const child of node.children ?? []) visit(child)
  }
  visit(plan)
  return found
}

export function relationOfScan(node: PlanNode): string | null {
  const data = node['function_data'] as { readonly schema?: string; readonly table?: string } | undefined
  if (node.type !== 'LOGICAL_GET' || data?.table === undefined) return null
  return data.schema === 'main' || data.schema === undefined ? data.table : `${data.schema}.${data.table}`
}

class LineageWalk {
  readonly #commons = new Map<unknown, Columns>()
  readonly #correlated: Columns[] = []
  readonly #observer: LineageObserver | null

  constructor(observer: LineageObserver | null = null) {
    this.#observer = observer
  }

  columnsOf(node: PlanNode): Columns {
    switch (node.type) {
      case 'LOGICAL_GET':
        return this.#scan(node)
      case 'LOGICAL_PROJECTION':
        return this.#computed(node['expressions'], this.#input(node), node.children?.[0]?.['table_index'])
      case 'LOGICAL_FILTER': {
        const input = this.#input(node)
        this.#observer?.filter?.(node, readerOf(input))
        return picked(input, node['projection_map'])
      }
      case 'LOGICAL_DISTINCT': {
        const input = this.#input(node)
        this.#observer?.group?.(node, readerOf(input))
        return input.map(computed)
      }
      case 'LOGICAL_LIMIT':
      case 'LOGICAL_SAMPLE':
        return this.#input(node).map(computed)
      case 'LOGICAL_AGGREGATE_AND_GROUP_BY':
        return this.#aggregate(node)
      case 'LOGICAL_WINDOW':
      case 'LOGICAL_UNNEST': {
        const input = this.#input(node)
        if (node.type === 'LOGICAL_WINDOW') this.#observer?.group?.(node, readerOf(input))
        return [...input, ...this.#computed(node['expressions'], input)]
      }
      case 'LOGICAL_UNION':
      case 'LOGICAL_EXCEPT':
      case 'LOGICAL_INTERSECT':
        return merged((node.children ?? []).map((child) => this.columnsOf(child)))
      case 'LOGICAL_DELIM_GET':
        return this.#correlated.at(-1) ?? []
      case 'LOGICAL_CTE_REF':
        return this.#commons.get(node['cte_index']) ?? []
      case 'LOGICAL_MATERIALIZED_CTE':
        return this.#common(node)
      case 'LOGICAL_RECURSIVE_CTE':
        return this.#recursive(node)
      case 'LOGICAL_EXPRESSION_GET': {
        const input = this.#input(node)
        return merged((node['expressions'] as readonly unknown[]).map((row) => this.#computed(row, input)))
      }
      default:
        return node.type.endsWith('JOIN') || node.type === 'LOGICAL_CROSS_PRODUCT' ? this.#join(node) : this.#input(node)
    }
  }

  /** A filter, an order or a limit leaves columns as they are; what has several inputs has the columns of all. */
  #input(node: PlanNode): Columns {
    return (node.children ?? []).flatMap((child) => this.columnsOf(child))
  }

  #scan(node: PlanNode): Columns {
    const relation = relationOfScan(node)
    const names = (node['names'] as readonly string[] | undefined) ?? []
    if (relation === null) return this.#ofFunction(node, names)
    const indexes = (node['column_indexes'] as readonly { readonly index: number }[] | undefined) ?? []
    return indexes.map(({ index }) => {
      const column = names[index]
      if (column === undefined) return NONE
      const plain = [relation, column] as const
      return { origins: new Map([[`${relation} ${column}`, plain]]), plain }
    })
  }

  /** A function's columns are made of its arguments; behind them stand those of its input that are handed on. */
  #ofFunction(node: PlanNode, names: readonly string[]): Columns {
    const input = this.#input(node)
    const handedOn = (node['projected_input'] as readonly number[] | undefined) ?? []
    const made = computed(union(input.filter((_, at) => !handedOn.includes(at))))
    return [...names.map(() => made), ...handedOn.map((at) => input[at] ?? NONE)]
  }

  #aggregate(node: PlanNode): Columns {
    const input = this.#input(node)
    this.#observer?.group?.(node, readerOf(input))
    return [...this.#computed(node['groups'], input), ...this.#computed(node['expressions'], input)].map(computed)
  }

  #join(node: PlanNode): Columns {
    const [left, right] = node.children ?? []
    if (left === undefined || right === undefined) return this.#input(node)
    const eliminated = node['duplicate_eliminated_columns'] as readonly unknown[] | undefined
    const isCorrelated = node.type === 'LOGICAL_DELIM_JOIN'
    const outer = this.columnsOf(left)
    if (isCorrelated) this.#correlated.push(this.#computed(eliminated, outer).map(computed))
    const inner = this.columnsOf(right)
    if (isCorrelated) this.#correlated.pop()
    this.#observer?.join?.(node, { left: readerOf(outer), right: readerOf(inner) })
    switch (node['join_type']) {
      case 'SEMI':
      case 'ANTI':
        return outer
      case 'MARK':
        return [...outer, this.#marked(node, outer, inner)]
      case 'RIGHT_SEMI':
      case 'RIGHT_ANTI':
        return inner
      default:
        return [...outer, ...inner]
    }
  }

  /** Whether a partner was found is made of what was compared. */
  #marked(node: PlanNode, outer: Columns, inner: Columns): Column {
    const conditions = (node['conditions'] as readonly { readonly left?: unknown; readonly right?: unknown }[] | undefined) ?? []
    return computed(union(conditions.flatMap(({ left, right }) => [columnOf(left, outer), columnOf(right, inner)])))
  }

  #common(node: PlanNode): Columns {
    const [definition, body] = node.children ?? []
    if (definition === undefined || body === undefined) return []
    this.#commons.set(node['table_index'], this.columnsOf(definition))
    return this.columnsOf(body)
  }

  /** The second walk knows what the first found of the part that refers to itself. */
  #recursive(node: PlanNode): Columns {
    const [start, step] = node.children ?? []
    if (start === undefined || step === undefined) return []
    let columns = this.columnsOf(start)
    for (let walk = 0; walk < 2; walk += 1) {
      this.#commons.set(node['table_index'], columns)
      columns = merged([columns, this.columnsOf(step)])
    }
    return columns
  }

  #computed(expressions: unknown, input: Columns, table?: unknown): Columns {
    return Array.isArray(expressions) ? expressions.map((expression) => columnOf(expression, input, table)) : []
  }
}

/** Where an operator hands on only some of its columns, these. */
function picked(columns: Columns, map: unknown): Columns {
  return Array.isArray(map) && map.length > 0 ? map.map((at) => columns[at as number] ?? NONE) : columns
}

function readerOf(columns: Columns): ColumnReader {
  return {
    originsOf: (expression) => [...columnOf(expression, columns).origins.values()],
    plainOf: (expression) => columnOf(expression, columns).plain,
  }
}

interface Expression {
  readonly expression_class?: string
  readonly type?: string
  readonly index?: number
  readonly binding?: { readonly table_index?: number; readonly column_index?: number }
  readonly child?: Expression
  readonly try_cast?: boolean
  readonly return_type?: { readonly id?: string }
}

/** `table` is the number of the input, by which a column is named where DuckDB has not said its place yet: below a function in FROM. */
function columnOf(expression: unknown, input: Columns, table?: unknown): Column {
  const { expression_class: kind, index, child } = (expression ?? {}) as Expression
  if (kind === 'BOUND_REF') return input[index ?? -1] ?? NONE
  if (child !== undefined && isWidened(expression as Expression)) return columnOf(child, input, table)
  const found: Column[] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (Array.isArray(node)) for (const each of node) visit(each)
    else {
      const { expression_class: of, index: at, binding } = node as Expression
      if (of === 'BOUND_REF') found.push(input[at ?? -1] ?? NONE)
      else if (of === 'BOUND_COLUMN_REF')
        found.push((binding?.table_index === table ? input[binding?.column_index ?? -1] : undefined) ?? union(input))
      else for (const field in node) visit((node as Readonly<Record<string, unknown>>)[field])
    }
  }
  visit(expression)
  return computed(union(found))
}

const WHOLE: ReadonlySet<string> = new Set('TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT'.split(' '))

/** A whole number of another width, as a join of two such columns asks for: the value is the same. */
function isWidened({ type, child, try_cast, return_type }: Expression): boolean {
  return type === 'OPERATOR_CAST' && try_cast === false && [return_type, child?.return_type].every((of) => WHOLE.has(of?.id ?? ''))
}

function computed(column: Column): Column {
  return column.plain === null ? column : { origins: column.origins, plain: null }
}

function union(columns: Columns): Column {
  if (columns.length === 1) return columns[0] as Column
  return columns.length === 0 ? NONE : { origins: new Map(columns.flatMap(({ origins }) => [...origins])), plain: null }
}

function merged(sides: readonly Columns[]): Columns {
  return (sides[0] ?? []).map((_, at) => union(sides.map((side) => side[at] ?? NONE)))
}
