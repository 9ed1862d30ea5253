/** Conversions, said and unsaid, with Postgres's rounding and texts. */
import { quoteLiteral } from '@millrace/sql'
import { duckdbType, elementType, isArray, isFloat, isInteger, isText, numericModifier, OID } from '../postgres/type.ts'
import { quotient } from './numeric-division.ts'
import type { Scope } from './scope.ts'
import { atom, numeric, operand, type Typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

const INTEGER_DIGITS: Readonly<Record<number, number>> = { [OID.int2]: 5, [OID.int4]: 10, [OID.int8]: 19 }
/** What is kept after the point of a number that was a float or a text. */
const FREE_SCALE = 15

export function castTo(value: Typed, type: number, scope: Scope): Typed {
  if (value.type === type) return value
  if (value.sql === 'NULL') return { ...value, type }
  if (type === OID.numeric) return toNumeric(value)
  if (type === OID.bpchar && isText(value.type)) return atom(type, `rtrim(${value.sql}, ' ')`)
  if (isText(type)) return { ...asText(value, scope), type }
  if (type === OID.timestamptz || value.type === OID.timestamptz) return castInZone(value, type, scope)
  if (isArray(type)) return castArray(value, type, scope)
  const target = duckdbType(type, 0)
  if (target === null) throw untranslatable(`a value of type ${typeName(type, scope)}`, 'DuckDB has no such type')
  if (type === OID.bool && isInteger(value.type)) return atom(type, `(${operand(value)} <> 0)`)
  if (type === OID.interval && isText(value.type))
    throw untranslatable('text::interval', 'what the text says is known only when it is read')
  if (type === OID.date && value.type === OID.timestamp) return atom(type, `CAST(${value.sql} AS DATE)`)
  return atom(type, `CAST(${value.sql} AS ${target})`, { source: value })
}

function toNumeric(value: Typed): Typed {
  const digits = INTEGER_DIGITS[value.type]
  if (digits !== undefined && value.constant?.kind === 'integer') {
    return numeric(`${value.constant.value}.`, 0, {
      isAtom: value.constant.value >= 0n,
      constant: value.constant,
      isNotZero: value.constant.value !== 0n,
    })
  }
  if (digits !== undefined) {
    const { isNotZero = false } = value
    return numeric(`CAST(${value.sql} AS DECIMAL(${digits}, 0))`, 0, { isAtom: true, source: value, isNotZero })
  }
  // Postgres takes fifteen significant digits of a float.
  if (value.type === OID.float8)
    return numeric(`CAST(format('{:.15g}', ${value.sql}) AS DECIMAL(38, ${FREE_SCALE}))`, FREE_SCALE, { isAtom: true, isLoose: true })
  if (isText(value.type))
    return numeric(`CAST(${value.sql} AS DECIMAL(38, ${FREE_SCALE}))`, FREE_SCALE, { isAtom: true, isLoose: true, source: value })
  throw untranslatable('a conversion to numeric', 'it is not among those that are known to be the same in both')
}

/** `numeric(p, s)`: what has more digits is rounded half away from zero, what is too large is refused, in both. */
export function withModifier(value: Typed, typmod: number): Typed {
  const modifier = numericModifier(typmod)
  if (modifier === null) return value
  const { precision, scale } = modifier
  if (precision > 38 || scale < 0)
    throw untranslatable(`numeric(${precision}, ${scale})`, 'DuckDB keeps 38 digits, none before the point left out')
  const exact =
    value.quotient === undefined
      ? value.source !== undefined && isText(value.source.type)
        ? value.source
        : value
      : quotient(value.quotient.dividend, value.quotient.divisor, scale)
  return numeric(`CAST(${exact.sql} AS DECIMAL(${precision}, ${scale}))`, scale, { isAtom: true })
}

function castInZone(value: Typed, type: number, { session }: Scope): Typed {
  const zone = quoteLiteral(session.catalog.timeZone)
  if (type === OID.timestamptz && value.type === OID.date) {
    const local = atom(OID.timestamp, `CAST(${value.sql} AS TIMESTAMP)`)
    return atom(type, `(${local.sql} AT TIME ZONE ${zone})`, { source: local })
  }
  if (type === OID.timestamptz && value.type === OID.timestamp)
    return atom(type, `(${operand(value)} AT TIME ZONE ${zone})`, { source: value })
  if (value.type !== OID.timestamptz)
    throw untranslatable(`a conversion to ${duckdbType(type, 0)}`, 'how the text is read depends on settings of the session')
  const local = localTime(value, session.catalog.timeZone)
  if (type === OID.timestamp) return local
  if (type === OID.date || type === OID.time) return atom(type, `CAST(${local.sql} AS ${duckdbType(type, 0)})`)
  throw untranslatable(`timestamptz::${duckdbType(type, 0)}`, 'its text depends on settings of the session')
}

/** What a clock in the database's zone shows. What came from such a clock is taken as it was. */
export function localTime(value: Typed, timeZone: string): Typed {
  if (value.source?.type === OID.timestamp) return value.source
  return atom(OID.timestamp, `(${operand(value)} AT TIME ZONE ${quoteLiteral(timeZone)})`)
}

function castArray(value: Typed, type: number, scope: Scope): Typed {
  const [from, to] = [elementType(value.type), elementType(type)]
  if (from === null || to === null) throw untranslatable(`text::${typeName(type, scope)}`, 'an array written as a text is read differently')
  const element = castTo(atom(from, 'e', { scale: value.scale }), to, scope)
  if (isText(from) && isText(to)) return { ...value, type }
  return atom(type, `list_transform(${value.sql}, lambda e: ${element.sql})`, { scale: element.scale })
}

/** The text that Postgres prints of a value. */
export function asText(value: Typed, scope: Scope): Typed {
  const text = (sql: string): Typed => atom(OID.text, sql)
  if (isText(value.type)) return { ...value, type: OID.text }
  if (
    isInteger(value.type) ||
    value.type === OID.bool ||
    value.type === OID.date ||
    value.type === OID.uuid ||
    value.type === OID.timestamp
  )
    return text(`CAST(${value.sql} AS VARCHAR)`)
  if (value.type === OID.numeric) return text(numericText(value))
  if (isFloat(value.type)) throw untranslatable('float::text', 'the two print floats in different ways')
  if (value.type === OID.jsonb && value.constant === undefined) throw untranslatable('jsonb::text', 'the two write JSON with other spaces')
  throw untranslatable(`${typeName(value.type, scope)}::text`, 'its text is not known to be the same in both')
}

function numericText(value: Typed): string {
  if (value.isLoose) throw untranslatable('numeric::text', 'how many digits Postgres prints after the point depends on the value')
  return `CAST(CAST(${value.sql} AS DECIMAL(38, ${value.scale})) AS VARCHAR)`
}

export function typeName(oid: number, { session }: Scope): string {
  return session.catalog.types.get(oid) ?? `type ${oid}`
}
