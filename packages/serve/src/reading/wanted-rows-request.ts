/** Which rows a request's query asks for: `key=17`, `match.country=DE`, `where=amount > 100`, together. */
import { MillraceError } from '@millrace/base'
import { columnIndex, type JsonValue, type Schema, type Type, type Value, valueFromJson } from '@millrace/core'
import { invalid } from '../request.ts'
import type { Match } from './row-filter.ts'

const MATCH = 'match.'

/** The columns that must have certain values; null where the query names none. Raises HTTP_REQUEST_INVALID. */
export function matchFrom(query: URLSearchParams, schema: Schema, path: string): Match | null {
  const wanted = new Map<number, Value>()
  const keys = query.getAll('key')
  if (keys.length > 0) {
    const names = schema.key.map((at) => schema.columns[at]?.name ?? '')
    if (names.length === 0) throw invalid(path, 'the model has no key', 'key')
    if (keys.length !== names.length) throw invalid(path, `the key has ${names.length} columns: ${names.join(', ')}`, 'key')
    for (const [at, text] of keys.entries()) wanted.set(schema.key[at] as number, valueOf(schema, schema.key[at] as number, { text, path }))
  }
  for (const [name, text] of query) {
    if (!name.startsWith(MATCH)) continue
    const column = columnIndex(schema, name.slice(MATCH.length))
    if (column < 0) throw invalid(path, `the model has no column ${name.slice(MATCH.length)}`, name)
    if (wanted.has(column)) throw invalid(path, `${name.slice(MATCH.length)} is told twice`, name)
    wanted.set(column, valueOf(schema, column, { text, path }))
  }
  if (wanted.size === 0) return null
  const columns = [...wanted.keys()].sort((left, right) => left - right)
  return { columns, values: columns.map((column) => wanted.get(column) as Value) }
}

/** What is neither this nor one of the given names is a mistake that would go unnoticed. */
export function refuseUnknown(query: URLSearchParams, known: readonly string[], path: string): void {
  for (const name of query.keys()) {
    if (!known.includes(name) && !name.startsWith(MATCH))
      throw invalid(path, `there is no parameter ${name}; there are ${known.join(', ')} and match.COLUMN`, name)
  }
}

function valueOf(schema: Schema, column: number, { text, path }: { text: string; path: string }): Value {
  const { name, type } = schema.columns[column] as Schema['columns'][number]
  try {
    return valueFromText(type, text)
  } catch (cause) {
    if (!(cause instanceof MillraceError)) throw cause
    const problem = `the value for ${name} is not of its type: ${cause.message.replace(/\.$/, '')}`
    throw new MillraceError('HTTP_REQUEST_INVALID', { cause, details: { path, problem, place: name } })
  }
}

/** A value as an address has it. Raises VALUE_UNREADABLE. */
export function valueFromText(type: Type, text: string): Value {
  const json: JsonValue = type.kind === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text
  return valueFromJson(type, json)
}
