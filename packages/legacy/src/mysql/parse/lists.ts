import type { Expression, SortKey } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

export function expressions(reader: TokenReader): Expression[] {
  const found = [reader.expression()]
  while (reader.takes(',')) found.push(reader.expression())
  return found
}

export function sortKeys(reader: TokenReader): SortKey[] {
  const keys: SortKey[] = []
  do {
    const value = reader.expression()
    const isDescending = reader.takes('desc')
    if (!isDescending) reader.takes('asc')
    keys.push({ value, isDescending })
  } while (reader.takes(','))
  return keys
}
