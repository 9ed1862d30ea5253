import { quoteLiteral } from '@millrace/sql'
import { elementType, OID } from '../postgres/type.ts'
import { asText } from './cast.ts'
import type { FunctionPrinter } from './function-call.ts'
import { atom, type Typed } from './typed.ts'

/** The length of an array's only dimension; of an empty one it is NULL. */
const arrayLength: FunctionPrinter = ({ arguments: [list, dimension] }) => {
  if (list === undefined || dimension?.constant?.kind !== 'integer' || dimension.constant.value !== 1n) return null
  return atom(OID.int4, `CAST(nullif(len(${list.sql}), 0) AS INTEGER)`)
}

const cardinality: FunctionPrinter = ({ arguments: [list] }) =>
  list === undefined ? null : atom(OID.int4, `CAST(len(${list.sql}) AS INTEGER)`)

const arrayPosition: FunctionPrinter = ({ arguments: [list, sought, start] }) =>
  list === undefined || sought === undefined || start !== undefined
    ? null
    : atom(OID.int4, `CAST(list_position(${list.sql}, ${sought.sql}) AS INTEGER)`)

const arrayToString: FunctionPrinter = ({ arguments: [list, separator, missing], scope }) => {
  const element = list === undefined ? null : elementType(list.type)
  if (list === undefined || separator === undefined || element === null) return null
  const text = asText(atom(element, 'e', { scale: list.scale, isLoose: list.isLoose }), scope).sql
  const written = missing === undefined ? text : `coalesce(${text}, ${missing.sql})`
  const texts = written === 'e' ? list.sql : `list_transform(${list.sql}, lambda e: ${written})`
  return atom(OID.text, `array_to_string(${texts}, ${separator.sql})`)
}

/** An empty text is an array of nothing in Postgres. */
const stringToArray: FunctionPrinter = ({ type, arguments: given }) => {
  const [text, separator] = given
  if (text === undefined || separator === undefined || given.length !== 2) return null
  const cases = [`WHEN ${text.sql} = '' THEN CAST([] AS VARCHAR[])`]
  // Without a separator each character is a part, which DuckDB has of an empty one; by an empty one nothing is parted.
  const isPlain = separator.constant?.kind === 'text' && separator.constant.value !== ''
  if (!isPlain)
    cases.push(
      `WHEN ${text.sql} IS NULL THEN NULL`,
      `WHEN ${separator.sql} IS NULL THEN string_split(${text.sql}, '')`,
      `WHEN ${separator.sql} = '' THEN [${text.sql}]`,
    )
  return atom(type, `CASE ${cases.join(' ')} ELSE string_split(${text.sql}, ${separator.sql}) END`)
}

const kept = (list: Typed | undefined, sql: string): Typed | null =>
  list === undefined ? null : atom(list.type, sql, { scale: list.scale, isLoose: list.isLoose })

const arrayAppend: FunctionPrinter = ({ arguments: [list, value] }) => kept(list, `list_concat(${list?.sql}, [${value?.sql}])`)

const arrayRemove: FunctionPrinter = ({ arguments: [list, value] }) =>
  kept(list, `list_filter(${list?.sql}, lambda e: e IS DISTINCT FROM ${value?.sql})`)

const jsonbLength: FunctionPrinter = ({ arguments: [json] }) =>
  json === undefined ? null : atom(OID.int4, `CAST(json_array_length(${json.sql}) AS INTEGER)`)

/** `jsonb_typeof` in Postgres's words. */
const jsonbType: FunctionPrinter = ({ arguments: [json] }) => {
  if (json === undefined) return null
  const cases = [
    [['VARCHAR'], 'string'],
    [['OBJECT'], 'object'],
    [['ARRAY'], 'array'],
    [['BOOLEAN'], 'boolean'],
    [['NULL'], 'null'],
    [['BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT'], 'number'],
  ] as const
  const when = cases.map(([from, to]) => `WHEN json_type(${json.sql}) IN (${from.map(quoteLiteral).join(', ')}) THEN ${quoteLiteral(to)}`)
  return atom(OID.text, `CASE ${when.join(' ')} END`)
}

/** `'{a,b}'` as a path: each key a step. */
function pathSteps(path: Typed | undefined): readonly string[] | null {
  const steps = path?.constant?.kind === 'array' ? path.constant.values.map((step) => (step?.kind === 'text' ? step.value : null)) : null
  return steps === null || steps.some((step) => step === null || /^-?\d+$/.test(step)) ? null : (steps as string[])
}

const extractPathText: FunctionPrinter = ({ arguments: [json, path], scope }) => {
  const steps = pathSteps(path)
  if (json === undefined || steps === null) return null
  scope.session.note('a number in JSON is printed without trailing zeros')
  const inner = steps.slice(0, -1).map((step) => ` -> ${quoteLiteral(step)}`)
  return atom(OID.text, `(${json.sql}${inner.join('')} ->> ${quoteLiteral(steps.at(-1) ?? '')})`)
}

export const ARRAY_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  array_length: arrayLength,
  cardinality,
  array_position: arrayPosition,
  array_to_string: arrayToString,
  string_to_array: stringToArray,
  array_append: arrayAppend,
  array_remove: arrayRemove,
  jsonb_array_length: jsonbLength,
  jsonb_typeof: jsonbType,
  jsonb_extract_path_text: extractPathText,
}
