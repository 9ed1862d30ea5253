/**
 * Lists, structs and maps as values: texts of JSON without spaces, fields in the order of the type, each inner
 * value as `valueToJson` has it; a map is the list of its entries. One value has one text, so that equal texts are
 * equal values.
 */
import { entriesOf, isNested, type NestedType, type Type } from './type.ts'
import { type JsonValue, type Value, valueToJson } from './value.ts'

/** One inner value as it stands in the text of an outer one. */
export function innerText(type: Type, value: Value): string {
  if (value === null) return 'null'
  if (isNested(type)) return value as string
  // JSON has a negative zero, though JavaScript writes none.
  return Object.is(value, -0) ? '-0' : JSON.stringify(valueToJson(type, value))
}

export function listText(items: readonly string[]): string {
  return `[${items.join(',')}]`
}

/** `items` are the texts of the fields' values, in the order of the fields. */
export function structText(names: readonly string[], items: readonly string[]): string {
  return `{${names.map((name, at) => `${JSON.stringify(name)}:${items[at] ?? 'null'}`).join(',')}}`
}

/** The inner values of a list or struct as JSON, in order, with the type of each; of a map its entries. */
export function innerValues(type: NestedType, text: string): readonly (readonly [Type, JsonValue])[] {
  if (type.kind === 'map') return innerValues(entriesOf(type), text)
  const json = JSON.parse(text) as JsonValue
  if (type.kind === 'list') return (json as readonly JsonValue[]).map((item) => [type.element, item])
  const members = json as { readonly [name: string]: JsonValue }
  return type.fields.map(({ name, type: inner }) => [inner, members[name] ?? null])
}
