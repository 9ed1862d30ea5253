/**
 * A nested value, which travels into DuckDB as its text of JSON, as SQL of its type. DuckDB reads lists and structs
 * from JSON; of a map it reads only an object, which has no order and keys of text alone, so that a map is read as
 * the list of its entries and made of these.
 */
import { entriesOf, type NestedType, sqlNameOf, type Type } from '@millrace/core'
import { quoteIdentifier, quoteLiteral } from '@millrace/sql/text'

export function nestedFromJson(type: NestedType, text: string): string {
  const read = `CAST(CAST(${text} AS JSON) AS ${sqlNameOf(withoutMaps(type))})`
  return withMaps(type, read, 0)
}

function withoutMaps(type: Type): Type {
  switch (type.kind) {
    case 'map':
      return withoutMaps(entriesOf(type))
    case 'list':
      return { kind: 'list', element: withoutMaps(type.element) }
    case 'struct':
      return { kind: 'struct', fields: type.fields.map((field) => ({ ...field, type: withoutMaps(field.type) })) }
    default:
      return type
  }
}

function hasMaps(type: Type): boolean {
  if (type.kind === 'list') return hasMaps(type.element)
  return type.kind === 'map' || (type.kind === 'struct' && type.fields.some((field) => hasMaps(field.type)))
}

/** `depth` tells apart the names within lists of lists. */
function withMaps(type: Type, read: string, depth: number): string {
  if (!hasMaps(type)) return read
  switch (type.kind) {
    case 'map':
      return `map_from_entries(${withMaps(entriesOf(type), read, depth)})`
    case 'list': {
      const item = `item${depth}`
      return `list_transform(${read}, lambda ${item}: ${withMaps(type.element, item, depth + 1)})`
    }
    case 'struct': {
      const fields = type.fields.map(({ name, type: inner }) => {
        const field = `struct_extract(${read}, ${quoteLiteral(name)})`
        return `${quoteIdentifier(name)} := ${withMaps(inner, field, depth)}`
      })
      return `CASE WHEN ${read} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`
    }
    default:
      return read
  }
}
