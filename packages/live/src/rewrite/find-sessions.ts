/**
 * Sessions, which SQL has no word for: a row begins one if its distance to the row before it says so (`lag`), the
 * running sum of these beginnings numbers them, and GROUP BY takes the number. As windows each row that comes
 * numbers all sessions behind it anew. Where nobody sees the numbers, any label that is a session's own will do.
 */
import {
  type Aggregate,
  type AggregateCall,
  callWith,
  columnReference,
  columnsOf,
  type Expression,
  expressionsOfCall,
  type Plan,
  rewrite,
  type SortKey,
  layoutOfExpression,
  type Window,
  type WindowCall,
} from '@millrace/sql'

export interface Sessions {
  readonly input: Plan
  readonly partitions: readonly Expression[]
  /** By a column of the input. */
  readonly order: SortKey
  readonly orderColumn: number
  /** 1 where a row begins a session. It reads the order's column and, behind the input's columns, that of the row before. */
  readonly begins: Expression
}

/** An aggregate over sessions: its expressions read the input's columns and, behind them, the session's label. */
export interface SessionGroups {
  readonly sessions: Sessions
  readonly groups: readonly Expression[]
  readonly calls: readonly AggregateCall[]
  /** The plans that it stands for, down to the sessions' input. */
  readonly parts: readonly Plan[]
}

/** `read`: the aggregate's columns that anybody reads. */
export function findSessions(plan: Aggregate, read: ReadonlySet<number>): SessionGroups | null {
  const ofCalls = plan.calls.map(expressionsOfCall)
  const numbered = throughProjections(plan.input, [...plan.groups, ...ofCalls.flat()])
  const sum = onlyCall(numbered.plan)
  const begun = sum === null ? null : beginningOf(sum.call)
  if (sum === null || begun === null) return null
  const number = sum.window.input.types.length
  const at = numbered.expressions.findIndex((expression) => expression.kind === 'column' && expression.index === number)
  if (at < 0 || at >= plan.groups.length || read.has(at)) return null
  const others = numbered.expressions.filter((_, index) => index !== at)
  if (others.some((expression) => columnsOf(expression).has(number))) return null
  const [order] = sum.window.order
  if (order === undefined || sum.window.order.length > 1) return null

  const marked = throughProjections(sum.window.input, [begun, order.expression, ...sum.window.partitions, ...others])
  const lag = onlyCall(marked.plan)
  if (lag === null || !isLag(lag.call)) return null
  const [begins, orderBy, ...rest] = marked.expressions as [Expression, Expression, ...Expression[]]
  const partitions = rest.slice(0, sum.window.partitions.length)
  const before = lag.window.input.types.length
  if (rest.some((expression) => columnsOf(expression).has(before))) return null
  const sessions = sessionsOf({ lag, partitions, order: { ...order, expression: orderBy }, begins })
  const groups = rest.slice(partitions.length)
  groups.splice(at, 0, columnReference(before, sum.call.type))
  const isWhole = partitions.every((partition) => groups.slice(0, plan.groups.length).some((group) => isSame(group, partition)))
  if (sessions === null || !isWhole) return null
  let next = plan.groups.length
  const calls = plan.calls.map((call, index) => callWith(call, groups.slice(next, (next += ofCalls[index]?.length ?? 0))))
  const parts = [plan, ...numbered.passed, numbered.plan, ...marked.passed, marked.plan]
  return { sessions, groups: groups.slice(0, plan.groups.length), calls, parts }
}

interface Through {
  readonly plan: Plan
  readonly expressions: readonly Expression[]
  readonly passed: readonly Plan[]
}

/** The expressions over what lies below the projections. */
function throughProjections(plan: Plan, expressions: readonly Expression[]): Through {
  if (plan.kind !== 'project') return { plan, expressions, passed: [] }
  const below = expressions.map((expression) =>
    rewrite(expression, (part) => (part.kind === 'column' ? (plan.expressions[part.index] as Expression) : part)),
  )
  const through = throughProjections(plan.input, below)
  return { ...through, passed: [plan, ...through.passed] }
}

interface OnlyCall {
  readonly window: Window
  readonly call: WindowCall
}

function onlyCall(plan: Plan): OnlyCall | null {
  if (plan.kind !== 'window' || plan.calls.length !== 1) return null
  return { window: plan, call: plan.calls[0] as WindowCall }
}

/**
 * 1 where a row adds to the running sum or count; null where the call is neither. Rows that tie are summed together,
 * so that all of them have one number.
 */
function beginningOf({ function: name, aggregate, frame: { start, end, exclude } }: WindowCall): Expression | null {
  const isRunning = start.edge === 'partition' && end.edge === 'current' && end.unit !== 'rows' && exclude === 'none'
  if (name !== 'aggregate' || aggregate === null || !isRunning || aggregate.distinct) return null
  const { function: counted, inputs, condition } = aggregate
  if (counted === 'sum' && condition === null) return inputs[0] ?? null
  if (counted !== 'count_star' || condition === null) return null
  return { kind: 'choice', type: NUMBER, place: null, arms: [{ when: condition, then: numberOf(1) }], otherwise: numberOf(0) }
}

const NUMBER = { kind: 'int32' } as const

function numberOf(value: number): Expression {
  return { kind: 'constant', type: NUMBER, place: null, value }
}

function isLag({ function: name, number, otherwise, ignoreNulls }: WindowCall): boolean {
  const isNext = number === null || (number.kind === 'constant' && number.value === 1)
  return name === 'lag' && isNext && otherwise === null && !ignoreNulls
}

interface Found {
  readonly lag: OnlyCall
  readonly partitions: readonly Expression[]
  readonly order: SortKey
  readonly begins: Expression
}

function sessionsOf({ lag: { window, call }, partitions, order, begins }: Found): Sessions | null {
  const { expression: by } = order
  // A label tells rows apart by what they are ordered by alone: what is equal there must be the same.
  if (by.kind !== 'column' || layoutOfExpression(by.type) !== 'integer' || call.input === null || !isSame(call.input, by)) return null
  const reads = new Set([by.index, window.input.types.length])
  if (!isOneOrNone(begins) || [...columnsOf(begins)].some((column) => !reads.has(column))) return null
  if (!isSame(window.order, [order]) || !isSame(window.partitions, partitions)) return null
  return { input: window.input, partitions, order, orderColumn: by.index, begins }
}

/** Never NULL: the first rows' sum would be NULL then, and a group of its own. */
function isOneOrNone(expression: Expression): boolean {
  if (expression.kind !== 'choice') return false
  return [...expression.arms.map(({ then }) => then), expression.otherwise].every(
    (value) => value.kind === 'constant' && (value.value === 0 || value.value === 1),
  )
}

/** Wherever in the SQL it stands. */
function isSame(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other)
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (field, part: unknown) => (field === 'place' ? null : typeof part === 'bigint' ? `${part}n` : part))
}
