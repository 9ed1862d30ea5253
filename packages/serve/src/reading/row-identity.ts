/** Values as text in which equal values are equal and different ones differ: what rows are found by. */
import type { Value } from '@millrace/core'

export function identityText(values: readonly Value[], columns: readonly number[]): string {
  if (columns.length === 1) return valueText(values[columns[0] as number] as Value)
  let text = ''
  for (const column of columns) {
    const part = valueText(values[column] as Value)
    text += `${part.length}:${part}`
  }
  return text
}

/** NULL is a letter of its own, so that it is no text. Minus zero equals zero, as in SQL. */
function valueText(value: Value): string {
  if (value === null) return 'n'
  if (value instanceof Uint8Array) return `v${Buffer.from(value).toString('hex')}`
  return `v${String(value)}`
}
