import { quoteLiteral } from '@millrace/sql'
import { isArray, OID } from '../postgres/type.ts'
import { asText } from './cast.ts'
import type { FunctionCall, FunctionPrinter } from './function-call.ts'
import { needPlainPattern } from './operator.ts'
import type { Scope } from './scope.ts'
import { atom, operand, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

const same =
  (name: string): FunctionPrinter =>
  ({ type, arguments: given }) =>
    atom(type, `${name}(${given.map(({ sql }) => sql).join(', ')})`)

/** DuckDB counts in 64 bits what Postgres counts in 32. */
const counted =
  (name: string): FunctionPrinter =>
  (call) =>
    atom(OID.int4, `CAST(${name}(${call.arguments.map(({ sql }) => sql).join(', ')}) AS INTEGER)`)

function integerOf(value: Typed | undefined): number | null {
  return value?.constant?.kind === 'integer' ? Number(value.constant.value) : null
}

/** A start before the first character is counted from there in Postgres, and from the end in DuckDB. */
const substring: FunctionPrinter = ({ type, arguments: given }) => {
  const [text, start, length] = given
  if (text === undefined || start === undefined) return null
  if (start.type !== OID.int4) return patternSubstring(text, start)
  const first = integerOf(start)
  if (first === null || first < 1)
    throw untranslatable('substring(text, integer)', 'a start that may lie before the first character is counted differently')
  if (length !== undefined && (integerOf(length) ?? 0) < 0) return null
  return atom(type, `substring(${given.map(({ sql }) => sql).join(', ')})`)
}

function patternSubstring(text: Typed, pattern: Typed): Typed | null {
  if (pattern.constant?.kind !== 'text') return null
  needPlainPattern(pattern.constant.value)
  const group = /(^|[^\\])\(/.test(pattern.constant.value) ? 1 : 0
  return atom(OID.text, `nullif(regexp_extract(${text.sql}, ${pattern.sql}, ${group}, 's'), '')`)
}

const padded =
  (name: string): FunctionPrinter =>
  ({ type, arguments: [text, length, fill] }) =>
    text === undefined || length === undefined ? null : atom(type, `${name}(${text.sql}, ${length.sql}, ${fill?.sql ?? "' '"})`)

const splitPart: FunctionPrinter = ({ type, arguments: given }) => {
  const [, , index] = given
  return (integerOf(index) ?? 0) < 1 ? null : atom(type, `split_part(${given.map(({ sql }) => sql).join(', ')})`)
}

/** The text that `concat` makes of a value, which is not always that of a cast. */
function joined(value: Typed, { name, scope }: FunctionCall): string {
  if (value.type === OID.bpchar) throw untranslatable(`${name}(char(n))`, 'there the blanks at the end of a char(n) count')
  if (value.type === OID.bool) return `CASE ${operand(value)} WHEN true THEN 't' WHEN false THEN 'f' END`
  return asText(value, scope).sql
}

const concat: FunctionPrinter = (call) => atom(OID.text, `concat(${call.arguments.map((value) => joined(value, call)).join(', ')})`)

const concatWithSeparator: FunctionPrinter = (call) =>
  atom(OID.text, `concat_ws(${call.arguments.map((value) => joined(value, call)).join(', ')})`)

/** `format` with nothing but `%s`: the pieces, where NULL is an empty text. */
const format: FunctionPrinter = (call) => {
  const [pattern, ...values] = call.arguments
  if (pattern?.constant?.kind !== 'text') return null
  const pieces = pattern.constant.value.split('%s')
  if (pieces.some((piece) => piece.includes('%')) || pieces.length !== values.length + 1) return null
  const parts = pieces.flatMap((piece, at) => {
    const value = values[at - 1]
    const before = value === undefined ? [] : [joined(value, call)]
    return piece === '' ? before : [...before, quoteLiteral(piece)]
  })
  return atom(OID.text, `concat(${parts.join(', ')})`)
}

const regexpReplace: FunctionPrinter = ({ type, arguments: [text, pattern, replacement, flags] }) => {
  if (text === undefined || pattern?.constant?.kind !== 'text' || replacement?.constant?.kind !== 'text') return null
  if (flags !== undefined && flags.constant?.kind !== 'text') return null
  const given = flags?.constant?.kind === 'text' ? flags.constant.value : ''
  if (/[^gi]/.test(given)) return null
  needPlainPattern(pattern.constant.value)
  return atom(type, `regexp_replace(${text.sql}, ${pattern.sql}, ${replacement.sql}, '${given}s')`)
}

const SMALL = 'abcdefghijklmnopqrstuvwxyz'

/** Where the database knows no language, only the letters of ASCII have a case. */
function inCase(to: 'upper' | 'lower', sql: string, { session }: Scope): string {
  if (session.catalog.hasAsciiCase)
    return `translate(${sql}, ${(to === 'upper' ? [SMALL, SMALL.toUpperCase()] : [SMALL.toUpperCase(), SMALL]).map(quoteLiteral).join(', ')})`
  session.note('the case of letters beyond ASCII is that of Unicode, not of the database’s language')
  return `${to}(${sql})`
}

const cased =
  (to: 'upper' | 'lower'): FunctionPrinter =>
  ({ type, arguments: [text], scope }) =>
    text === undefined || isArray(text.type) ? null : atom(type, inCase(to, text.sql, scope))

const initcap: FunctionPrinter = ({ type, arguments: [text], scope }) => {
  if (text === undefined) return null
  const letters = scope.session.catalog.hasAsciiCase ? 'A-Za-z0-9' : '\\p{L}\\p{N}'
  const word = `concat(${inCase('upper', 'substring(w, 1, 1)', scope)}, ${inCase('lower', 'substring(w, 2)', scope)})`
  const words = `regexp_extract_all(${text.sql}, '[${letters}]+|[^${letters}]+')`
  return atom(type, `CASE WHEN ${operand(text)} IS NOT NULL THEN array_to_string(list_transform(${words}, lambda w: ${word}), '') END`)
}

export const TEXT_FUNCTIONS: Readonly<Record<string, FunctionPrinter>> = {
  lower: cased('lower'),
  upper: cased('upper'),
  initcap,
  length: counted('length'),
  char_length: counted('length'),
  character_length: counted('length'),
  octet_length: counted('strlen'),
  btrim: same('trim'),
  ltrim: same('ltrim'),
  rtrim: same('rtrim'),
  replace: same('replace'),
  translate: same('translate'),
  left: same('left'),
  right: same('right'),
  repeat: same('repeat'),
  reverse: same('reverse'),
  md5: same('md5'),
  ascii: same('ascii'),
  chr: same('chr'),
  starts_with: same('starts_with'),
  strpos: counted('strpos'),
  position: counted('strpos'),
  substring,
  substr: substring,
  lpad: padded('lpad'),
  rpad: padded('rpad'),
  split_part: splitPart,
  concat,
  concat_ws: concatWithSeparator,
  format,
  regexp_replace: regexpReplace,
}
