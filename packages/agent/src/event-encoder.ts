/**
 * Writes an event as an array of its schema's columns, in their order: shorter than the object by all its
 * names. `null` where it does not fit, has a member that the schema lacks, or writes itself with `toJSON`.
 */
import { type CellText, cellTextOf } from './cell-text.ts'
import type { SchemaAnswer } from './schema-answer.ts'

export type EventEncoder = (event: object) => string | null

/** Never throws: what a getter or a value of its own does is met once more, and told, where the event is written as it is. */
export function encoderOf(schema: SchemaAnswer): EventEncoder {
  const encode = rowEncoder(schema)
  return (event) => {
    try {
      return encode(event)
    } catch {
      return null
    }
  }
}

function rowEncoder({ columns }: SchemaAnswer): EventEncoder {
  const names = columns.map(({ name }) => name)
  const texts: readonly CellText[] = columns.map(({ type }) => cellTextOf(type))
  const nullable = columns.map((column) => column.nullable)
  const count = names.length
  return (event) => {
    const row = event as Record<string, unknown>
    let members = 0
    // oxlint-disable-next-line guard-for-in -- inherited members count as well: then the event goes as JSON has it
    for (const _ in row) members += 1
    let text = '['
    for (let column = 0; column < count; column += 1) {
      const value = row[names[column] as string]
      let cell: string | null = 'null'
      if (value !== null && value !== undefined) {
        cell = (texts[column] as CellText)(value)
        members -= 1
      } else {
        if (nullable[column] !== true) return null
        if (value === null) members -= 1
      }
      if (cell === null) return null
      text += column === 0 ? cell : `,${cell}`
    }
    return members === 0 && typeof row['toJSON'] !== 'function' ? `${text}]` : null
  }
}
