/** Keeps only the columns that something above reads, so that no state holds the others. */
import {
  type Aggregate,
  type Asof,
  asofWith,
  type AggregateCall,
  callWith,
  columnReference,
  columnsOf,
  type Expression,
  expressionsOfAsof,
  expressionsOfTop,
  expressionsOfWindow,
  expressionsOfCall,
  expressionsOfList,
  type Join,
  keepColumns,
  listWith,
  oncePerPlan,
  type Plan,
  project,
  rewrite,
  type Top,
  topWith,
  type Window,
  windowWith,
  type Unnest,
  unnest,
} from '@millrace/sql'

interface Pruned {
  readonly plan: Plan
  /** Where each needed column of the original is now. */
  readonly places: ReadonlyMap<number, number>
}

/** The same relation with the same columns, over inputs that carry nothing unread. */
export const pruneColumns: (plan: Plan) => Plan = oncePerPlan((plan) => {
  const all = plan.types.map((_, at) => at)
  const { plan: pruned, places } = prune(plan, new Set(all))
  return keepColumns(
    pruned,
    all.map((column) => places.get(column) as number),
  )
})

/** Per plan, by the columns that are needed of it. */
const prunedParts: (plan: Plan) => Map<string, Pruned> = oncePerPlan(() => new Map())

/** The same part for all readers that need the same of it. */
function prune(plan: Plan, needed: ReadonlySet<number>): Pruned {
  const known = prunedParts(plan)
  const text = sorted(needed).join(' ')
  const pruned = known.get(text) ?? pruneNow(plan, needed)
  known.set(text, pruned)
  return pruned
}

function pruneNow(plan: Plan, needed: ReadonlySet<number>): Pruned {
  switch (plan.kind) {
    case 'scan': {
      const kept = sorted(needed)
      const scan = { ...plan, columns: kept.map((at) => plan.columns[at] ?? null), types: picked(plan.types, kept) }
      return { plan: scan, places: placesOf(kept) }
    }
    case 'rows': {
      const kept = sorted(needed)
      const rows = plan.rows.map((row) => picked(row, kept))
      return { plan: { ...plan, rows, types: picked(plan.types, kept) }, places: placesOf(kept) }
    }
    case 'project': {
      const kept = sorted(needed)
      const expressions = picked(plan.expressions, kept)
      const input = prune(plan.input, columnsOfAll(expressions))
      return {
        plan: project(
          input.plan,
          expressions.map((expression) => moved(expression, input.places)),
        ),
        places: placesOf(kept),
      }
    }
    case 'filter': {
      const input = prune(plan.input, new Set([...needed, ...columnsOf(plan.condition)]))
      const filtered: Plan = { ...plan, input: input.plan, types: input.plan.types, condition: moved(plan.condition, input.places) }
      return { plan: filtered, places: input.places }
    }
    case 'join':
      return pruneJoin(plan, needed)
    case 'aggregate':
      return pruneAggregate(plan, needed)
    case 'distinct':
      return { plan: { ...plan, input: pruneColumns(plan.input) }, places: placesOf(plan.types.map((_, at) => at)) }
    case 'asof':
      return pruneAsof(plan, needed)
    case 'bag': {
      const [left, right] = [pruneColumns(plan.left), pruneColumns(plan.right)]
      return { plan: { ...plan, left, right }, places: placesOf(plan.types.map((_, at) => at)) }
    }
    case 'recursion': {
      const [initial, round] = [pruneColumns(plan.initial), pruneColumns(plan.round)]
      return { plan: { ...plan, initial, round }, places: placesOf(plan.types.map((_, at) => at)) }
    }
    case 'top':
      return pruneTop(plan, needed)
    case 'window':
      return pruneWindow(plan, needed)
    case 'unnest':
      return pruneUnnest(plan, needed)
    case 'union': {
      const kept = sorted(needed)
      const inputs = plan.inputs.map((input) => {
        const part = prune(input, needed)
        return keepColumns(
          part.plan,
          kept.map((column) => part.places.get(column) as number),
        )
      })
      return { plan: { ...plan, inputs, types: picked(plan.types, kept) }, places: placesOf(kept) }
    }
  }
}

function pruneJoin(plan: Join, needed: ReadonlySet<number>): Pruned {
  const leftCount = plan.left.types.length
  const read = new Set([...needed, ...(plan.residual === null ? [] : columnsOf(plan.residual))])
  const fromLeft = new Set([...[...read].filter((column) => column < leftCount), ...columnsOfAll(plan.keys.map((key) => key.left))])
  const ownRight = [...read].filter((column) => column >= leftCount).map((column) => column - leftCount)
  const fromRight = new Set([...ownRight, ...columnsOfAll(plan.keys.map((key) => key.right))])
  const left = prune(plan.left, fromLeft)
  const right = prune(plan.right, fromRight)
  const places = new Map(left.places)
  const isPair = plan.join === 'inner' || plan.join === 'left'
  if (isPair) for (const [column, place] of right.places) places.set(column + leftCount, place + left.plan.types.length)
  const keys = plan.keys.map((key) => ({ ...key, left: moved(key.left, left.places), right: moved(key.right, right.places) }))
  const types = isPair ? [...left.plan.types, ...right.plan.types] : left.plan.types
  const residual = plan.residual === null ? null : moved(plan.residual, places)
  const joined: Plan = { ...plan, left: left.plan, right: right.plan, keys, residual, types }
  // A key that nothing above reads stays in the arrangement, but is not handed on.
  const kept = sorted(needed)
  return {
    plan: keepColumns(
      joined,
      kept.map((column) => places.get(column) as number),
    ),
    places: placesOf(kept),
  }
}

function pruneAsof(plan: Asof, needed: ReadonlySet<number>): Pruned {
  const leftCount = plan.left.types.length
  const leftExpressions = [...plan.keys.map((key) => key.left), plan.leftValue]
  const rightExpressions = [...plan.keys.map((key) => key.right), plan.rightValue]
  const own = [...needed]
  const left = prune(plan.left, new Set([...own.filter((column) => column < leftCount), ...columnsOfAll(leftExpressions)]))
  const ownRight = own.filter((column) => column >= leftCount).map((column) => column - leftCount)
  const right = prune(plan.right, new Set([...ownRight, ...columnsOfAll(rightExpressions)]))
  const read = expressionsOfAsof(plan).map((expression) =>
    moved(expression, leftExpressions.includes(expression) ? left.places : right.places),
  )
  const places = new Map(left.places)
  for (const [column, place] of right.places) places.set(column + leftCount, place + left.plan.types.length)
  return { plan: asofWith(plan, { left: left.plan, right: right.plan }, read), places }
}

/** What ties is told apart by the columns that are left: rows that agree in these are the same to all above. */
function pruneTop(plan: Top, needed: ReadonlySet<number>): Pruned {
  const inputCount = plan.input.types.length
  const expressions = expressionsOfTop(plan)
  const own = [...needed].filter((column) => column < inputCount)
  const input = prune(plan.input, new Set([...own, ...columnsOfAll(expressions)]))
  const numbered = plan.numbered && needed.has(inputCount)
  const pruned = topWith(
    { ...plan, numbered },
    input.plan,
    expressions.map((expression) => moved(expression, input.places)),
  )
  const places = new Map(input.places)
  if (numbered) places.set(inputCount, input.plan.types.length)
  return { plan: pruned, places }
}

function pruneWindow(plan: Window, needed: ReadonlySet<number>): Pruned {
  const inputCount = plan.input.types.length
  const own = [...needed].filter((column) => column < inputCount)
  const calls = plan.calls.filter((_, at) => needed.has(inputCount + at))
  if (calls.length === 0) return prune(plan.input, new Set(own))
  const kept: Window = { ...plan, calls }
  const expressions = expressionsOfWindow(kept)
  const input = prune(plan.input, new Set([...own, ...columnsOfAll(expressions)]))
  const pruned = windowWith(
    kept,
    input.plan,
    expressions.map((expression) => moved(expression, input.places)),
  )
  const places = new Map(input.places)
  for (const [at, call] of calls.entries()) places.set(inputCount + plan.calls.indexOf(call), input.plan.types.length + at)
  return { plan: pruned, places }
}

function pruneAggregate(plan: Aggregate, needed: ReadonlySet<number>): Pruned {
  const groupCount = plan.groups.length
  const calls = plan.calls.filter((_, at) => needed.has(groupCount + at))
  const read = [...plan.groups, ...calls.flatMap(expressionsOfCall)]
  const input = prune(plan.input, columnsOfAll(read))
  const movedCall = (call: AggregateCall): AggregateCall =>
    callWith(
      call,
      expressionsOfCall(call).map((expression) => moved(expression, input.places)),
    )
  const pruned: Plan = {
    ...plan,
    input: input.plan,
    groups: plan.groups.map((group) => moved(group, input.places)),
    calls: calls.map(movedCall),
    types: [...plan.groups, ...calls].map((part) => part.type),
  }
  const kept = [...plan.groups.map((_, at) => at), ...plan.calls.map((_, at) => groupCount + at).filter((column) => needed.has(column))]
  return { plan: pruned, places: placesOf(kept) }
}

/** All lists stay, because they decide how often a row comes. */
function pruneUnnest(plan: Unnest, needed: ReadonlySet<number>): Pruned {
  const count = plan.input.types.length
  const read = columnsOfAll(plan.lists.flatMap(expressionsOfList))
  const input = prune(plan.input, new Set([...[...needed].filter((column) => column < count), ...read]))
  const lists = plan.lists.map((list) =>
    listWith(
      list,
      expressionsOfList(list).map((expression) => moved(expression, input.places)),
    ),
  )
  const places = new Map(input.places)
  for (const at of plan.lists.keys()) places.set(count + at, input.plan.types.length + at)
  return { plan: unnest(input.plan, lists), places }
}

function moved(expression: Expression, places: ReadonlyMap<number, number>): Expression {
  return rewrite(expression, (part) =>
    part.kind === 'column' ? columnReference(places.get(part.index) as number, part.type, part.place) : part,
  )
}

function columnsOfAll(expressions: readonly Expression[]): Set<number> {
  const columns = new Set<number>()
  for (const expression of expressions) columnsOf(expression, columns)
  return columns
}

function sorted(columns: ReadonlySet<number>): readonly number[] {
  return [...columns].sort((left, right) => left - right)
}

function picked<T>(list: readonly T[], kept: readonly number[]): T[] {
  return kept.map((at) => list[at] as T)
}

function placesOf(kept: readonly number[]): ReadonlyMap<number, number> {
  return new Map(kept.map((column, at) => [column, at]))
}
