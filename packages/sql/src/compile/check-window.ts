import type { Expression } from '../expression/expression.ts'
import type { SortKey } from '../plan/sort-key.ts'
import type { FrameBound, Window, WindowCall } from '../plan/window.ts'
import { offsetByRow } from '../read-window.ts'
import { Unsupported } from '../sql-error.ts'

/** Raises `Unsupported` where a number that shapes the window is not known beforehand. */
export function checkWindow({ calls, order }: Window): void {
  for (const call of calls) {
    if (call.number !== null) checkNumber(call, call.number)
    for (const bound of [call.frame.start, call.frame.end]) if (bound.edge === 'offset') checkBound(call, bound, order)
  }
}

function checkNumber(call: WindowCall, expression: Expression): void {
  const number = wholeConstant(expression)
  if (number === null)
    throw new Unsupported(`the window function ${call.function} with a number that differs by row`, call.place, 'Write the number itself.')
  if (call.function === 'ntile' && number < 1) throw new Unsupported('the window function ntile with less than one bucket', call.place)
}

function checkBound(call: WindowCall, bound: FrameBound & { edge: 'offset' }, order: readonly SortKey[]): void {
  if (bound.unit === 'range') {
    const [key] = order
    if (key === undefined || JSON.stringify(key.expression.type) !== JSON.stringify(bound.offset.type))
      throw new Unsupported(
        `a window frame over a RANGE of ${bound.offset.type.kind}`,
        call.place,
        'Cast the ORDER BY to the type of its bounds.',
      )
    return
  }
  const number = wholeConstant(bound.offset)
  if (number === null) throw offsetByRow(call.place)
  if (bound.unit === 'groups' && number < 0) throw new Unsupported('a window frame with a negative number of groups', call.place)
}

function wholeConstant(expression: Expression): number | null {
  if (expression.kind !== 'constant') return null
  const { value } = expression
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null
}
