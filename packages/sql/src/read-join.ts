import { comparison } from './expression/comparison.ts'
import { conditionsOf } from './expression/conjunction.ts'
import { columnsOf, type Expression, shiftColumns } from './expression/expression.ts'
import { distinct } from './plan/distinct.ts'
import type { JoinKey, JoinSides } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import { keepColumns, project } from './plan/project.ts'
import { rows } from './plan/rows.ts'
import { oneOfEachKey } from './read-scalar-subquery.ts'
import { markJoin } from './mark-join.ts'
import { fullJoin, innerJoin, leftJoin, rightJoin, type SplitConditions, withoutPartner, withPartner } from './partners.ts'
import type { ExpressionJson, PlanJson } from './plan-json.ts'
import { kept, nameOfNode, type PlanContext } from './plan-context.ts'
import { readComparisonOperator, readExpression } from './read-expression.ts'
import { uniqueKeysOf } from './unique-key.ts'
import { Unsupported } from './sql-error.ts'

export function readJoin(json: PlanJson, context: PlanContext): Plan {
  return joinOfSides(json, readSides(json, context))
}

export function joinOfSides(json: PlanJson, sides: JoinSides): Plan {
  const kind = String(json['join_type'])
  const conditions = readConditions(json, sides)
  switch (kind) {
    case 'INNER':
      return projected(json, innerJoin(sides, conditions), sides)
    case 'LEFT':
      return projected(json, leftJoin(sides, conditions), sides)
    case 'RIGHT':
      return projected(json, rightJoin(sides, conditions), sides)
    case 'SINGLE':
      return projected(json, singleJoin(sides, conditions), sides)
    case 'FULL':
    case 'OUTER':
      return projected(json, fullJoin(sides, conditions), sides)
    case 'SEMI':
      return projected(json, withPartner(sides, conditions), { ...sides, right: NO_COLUMNS })
    case 'ANTI':
      return projected(json, withoutPartner(sides, conditions), { ...sides, right: NO_COLUMNS })
    case 'MARK':
      return markJoin(sides, conditions)
    default:
      throw new Unsupported(`a join of kind ${kind}`, placeOf(conditions), 'Write it as an inner or a left join.')
  }
}

export function readSides(json: PlanJson, context: PlanContext): JoinSides {
  const [leftJson] = json.children
  if (leftJson === undefined) throw new Unsupported(nameOfNode(json.type), null)
  const left = context.read(leftJson, context)
  return { left, right: readRightSide(json, left, context) }
}

/** The right input; of a correlated subquery it reads the distinct outer rows. */
export function readRightSide(json: PlanJson, left: Plan, context: PlanContext): Plan {
  const [, rightJson] = json.children
  if (rightJson === undefined) throw new Unsupported(nameOfNode(json.type), null)
  if (json.type !== 'LOGICAL_DELIM_JOIN') return context.read(rightJson, context)
  if (json['delim_flipped'] === true) throw new Unsupported('a correlated subquery of this shape', null)
  const correlated = (json['duplicate_eliminated_columns'] as readonly ExpressionJson[]).map(readExpression)
  return context.read(rightJson, { ...context, outer: distinct(project(left, correlated)) })
}

interface ConditionJson {
  readonly left: ExpressionJson
  readonly right: ExpressionJson
  readonly comparison: string
}

export function readConditions(json: PlanJson, sides: JoinSides): SplitConditions {
  const conditions = splitConditions(conditionsWritten(json, sides), sides.left.types.length)
  if (json['join_type'] === 'MARK') refuseNested(conditions)
  return conditions
}

/** Beside a value that is NULL as a whole, DuckDB 1.5.6 takes such a comparison for false where it is true or NULL, unless it looks up equals. */
function refuseNested({ others }: SplitConditions): void {
  for (const condition of others) {
    if (condition.kind !== 'comparison' || condition.operator === 'equal') continue
    if (!NESTED.has(condition.left.type.kind)) continue
    throw new Unsupported(
      'ANY or ALL over lists, structs or maps, other than = ANY and <> ALL',
      condition.place,
      'Use EXISTS, with the comparison in its WHERE.',
    )
  }
}

const NESTED: ReadonlySet<string> = new Set(['list', 'struct', 'map'])

/** Over the columns of both sides. */
export function conditionsWritten(json: PlanJson, sides: JoinSides): readonly Expression[] {
  const pairs = (json['conditions'] ?? []) as readonly ConditionJson[]
  const written = pairs.map(({ left, right, comparison: name }) => {
    const leftSide = readExpression(left)
    const rightSide = shiftColumns(readExpression(right), (index) => index + sides.left.types.length)
    return comparison(readComparisonOperator(name, leftSide.place ?? rightSide.place), leftSide, rightSide)
  })
  const whole = [json['condition'], json['predicate']].filter((extra) => extra !== null && extra !== undefined)
  const all = [...written, ...whole.map((extra) => readExpression(extra as ExpressionJson))]
  return all.flatMap(conditionsOf)
}

/** Finds the equalities between the two sides among conditions over both. */
export function splitConditions(conditions: readonly Expression[], leftCount: number): SplitConditions {
  const keys: JoinKey[] = []
  const others: Expression[] = []
  for (const condition of conditions) {
    const key = keyOf(condition, leftCount)
    if (key === null) others.push(condition)
    else keys.push(key)
  }
  return { keys, others }
}

function keyOf(condition: Expression, leftCount: number): JoinKey | null {
  if (condition.kind !== 'comparison') return null
  if (condition.operator !== 'equal' && condition.operator !== 'notDistinct') return null
  const nullsMatch = condition.operator === 'notDistinct'
  const { left, right } = condition
  if (isOf('left', left, leftCount) && isOf('right', right, leftCount))
    return { left, right: shiftColumns(right, (index) => index - leftCount), nullsMatch }
  if (isOf('right', left, leftCount) && isOf('left', right, leftCount))
    return { left: right, right: shiftColumns(left, (index) => index - leftCount), nullsMatch }
  return null
}

function isOf(side: 'left' | 'right', expression: Expression, leftCount: number): boolean {
  const columns = [...columnsOf(expression)]
  return columns.length > 0 && columns.every((column) => (side === 'left' ? column < leftCount : column >= leftCount))
}

/** Of a semi or an anti join, which hands on the left columns alone. */
const NO_COLUMNS: Plan = rows([], [])

/** A scalar subquery: a left join where no key can have two rows on the right; else one that has no answer where one has. */
function singleJoin(sides: JoinSides, conditions: SplitConditions): Plan {
  const matched = new Set(conditions.keys.flatMap((key) => (key.right.kind === 'column' ? [key.right.index] : [])))
  const single = uniqueKeysOf(sides.right).some((key) => key.every((column) => matched.has(column)))
  if (single) return leftJoin(sides, conditions)
  const isPlain = conditions.others.length === 0 && conditions.keys.every((key) => key.right.kind === 'column')
  if (!isPlain)
    throw new Unsupported('a scalar subquery that may yield several rows', placeOf(conditions), 'Aggregate within the subquery.')
  return leftJoin({ left: sides.left, right: oneOfEachKey(sides.right, [...matched], placeOf(conditions)) }, conditions)
}

export function projected(json: PlanJson, plan: Plan, sides: JoinSides): Plan {
  const leftMap = (json['left_projection_map'] ?? []) as readonly number[]
  const rightMap = (json['right_projection_map'] ?? []) as readonly number[]
  if (leftMap.length === 0 && rightMap.length === 0) return kept(json, 'projection_map', plan)
  const leftCount = sides.left.types.length
  const left = leftMap.length === 0 ? sides.left.types.map((_, at) => at) : leftMap
  const right = rightMap.length === 0 ? sides.right.types.map((_, at) => at) : rightMap
  return keepColumns(plan, [...left, ...right.map((column) => column + leftCount)])
}

function placeOf({ keys, others }: SplitConditions): number | null {
  return [...keys.map((key) => key.left), ...others].map((expression) => expression.place).find((place) => place !== null) ?? null
}
