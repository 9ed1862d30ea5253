import { shiftColumns } from './expression/expression.ts'
import { asof, type AsofOperator } from './plan/asof.ts'
import type { JoinKey } from './plan/join.ts'
import type { Plan } from './plan/plan.ts'
import type { PlanContext } from './plan-context.ts'
import type { PlanJson } from './plan-json.ts'
import { conditionsWritten, projected, readSides } from './read-join.ts'
import { Unsupported } from './sql-error.ts'

const OPERATORS: readonly string[] = ['greaterOrEqual', 'greater', 'lessOrEqual', 'less'] satisfies readonly AsofOperator[]

/** The binder leaves one comparison that is no equality, and turns it so that the left side is on its left. */
export function readAsof(json: PlanJson, context: PlanContext): Plan {
  const kind = String(json['join_type'])
  if (kind !== 'INNER' && kind !== 'LEFT')
    throw new Unsupported(`an ASOF join of kind ${kind}`, null, 'Write it as an inner or a left ASOF join.')
  const sides = readSides(json, context)
  const leftCount = sides.left.types.length
  const keys: JoinKey[] = []
  const written = conditionsWritten(json, sides)
  const nearest = written.find((condition) => condition.kind === 'comparison' && OPERATORS.includes(condition.operator))
  for (const condition of written) {
    const isKey = condition.kind === 'comparison' && (condition.operator === 'equal' || condition.operator === 'notDistinct')
    if (!isKey && condition !== nearest)
      throw new Unsupported('an ASOF join with a further condition', condition.place, 'Filter its sides, or what it yields.')
    if (!isKey) continue
    const right = shiftColumns(condition.right, (index) => index - leftCount)
    keys.push({ left: condition.left, right, nullsMatch: condition.operator === 'notDistinct' })
  }
  if (nearest?.kind !== 'comparison') throw new Unsupported('an ASOF join without an inequality', null)
  const rightValue = shiftColumns(nearest.right, (index) => index - leftCount)
  const match = asof(sides, {
    keys,
    operator: nearest.operator as AsofOperator,
    leftValue: nearest.left,
    rightValue,
    outer: kind === 'LEFT',
  })
  return projected(json, match, sides)
}
