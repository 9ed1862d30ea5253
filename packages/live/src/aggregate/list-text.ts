import { innerText, type Type } from '@millrace/core'
import { type BagValue, valueOfBag } from './value-order.ts'
import { type ExpressionType, layoutOfExpression } from '@millrace/sql'
import { assert } from '@millrace/base'

/** The element of a list's type. */
export function elementOf(type: ExpressionType): Type {
  assert(type.kind === 'list', 'the result is a list')
  return type.element
}

/** How a value that a bag holds stands in the text of a list. */
export function elementText(element: Type): (value: BagValue | null) => string {
  const layout = layoutOfExpression(element)
  return (value) => {
    if (value === null) return innerText(element, null)
    return innerText(element, layout === 'boolean' ? value === 1 : valueOfBag(layout, value))
  }
}
