/** Conversions, said and unsaid. */
import type { CastNode } from '../parse/syntax.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { asDouble, asNumber, exact, rounded, settled } from './exact-number.ts'
import { momentOf } from './moment.ts'
import type { Scope } from './scope.ts'
import { plainFacts } from './text.ts'
import { atom, type Value } from './value.ts'

export function castOf({ value: node, type, sizes, at }: CastNode, scope: Scope): Value {
  const given = scope.session.expression(node, scope)
  const [size = null, scale = 0] = sizes
  switch (type) {
    case 'signed':
    case 'unsigned':
      return toWhole(asNumber(given, at), { isUnsigned: type === 'unsigned', at })
    case 'decimal':
      return toDecimal(asNumber(given, at), { precision: size ?? 10, scale, at })
    case 'double':
      return atom('double', asDouble(asNumber(given, at)))
    case 'char': {
      const text = asText(given, scope, at)
      return size === null ? text : { ...text, sql: `left(${text.sql}, ${size})`, constant: null, isAtom: true }
    }
    case 'date':
      return given.kind === 'date' ? given : atom('date', `CAST(${momentOf(given, false, at).sql} AS DATE)`)
    case 'datetime':
      if ((size ?? 0) < given.fraction) break
      return { ...momentOf(given, true, at), fraction: size ?? 0 }
    default:
  }
  throw untranslatableAt(`CAST(… AS ${type.toUpperCase()})`, 'this conversion has no exact counterpart in DuckDB', at)
}

function toWhole(given: Value, { isUnsigned, at }: { readonly isUnsigned: boolean; readonly at: number }): Value {
  if (given.kind === 'double') throw untranslatableAt('a float as a whole number', 'the two round it in different ways', at)
  const whole = given.kind === 'decimal' ? rounded(given, 0, at) : given
  return atom('integer', `CAST(${whole.sql} AS ${isUnsigned ? 'UBIGINT' : 'BIGINT'})`, {
    isUnsigned,
    isWide: true,
    unsettled: given.unsettled,
  })
}

function toDecimal(
  given: Value,
  { precision, scale, at }: { readonly precision: number; readonly scale: number; readonly at: number },
): Value {
  if (given.kind === 'double') throw untranslatableAt('a float as an exact number', 'the two round it in different ways', at)
  const width = Math.min(38, precision)
  const exactly = given.kind === 'decimal' ? rounded(given, scale, at) : given
  return atom('decimal', `CAST(${exactly.sql} AS DECIMAL(${width}, ${scale}))`, {
    scale,
    digits: { least: scale, most: scale },
    unsettled: given.unsettled,
  })
}

/** The text that the server prints of a value. */
export function asText(given: Value, { session }: Scope, at: number): Value {
  const facts = plainFacts(session.collation)
  switch (given.kind) {
    case 'text':
    case 'null':
      return given
    case 'boolean':
      return atom('text', `CAST(CAST(${given.sql} AS INTEGER) AS VARCHAR)`, { facts })
    case 'integer':
    case 'date':
      return atom('text', `CAST(${given.sql} AS VARCHAR)`, { facts })
    case 'datetime':
      if (given.fraction > 0) break
      return atom('text', `strftime(${given.sql}, '%Y-%m-%d %H:%M:%S')`, { facts })
    case 'decimal': {
      if (given.digits.least !== given.digits.most || given.unsettled !== 'never') break
      const fixed = settled(exact(given, at), at)
      return atom('text', `CAST(CAST(${fixed.sql} AS DECIMAL(38, ${given.scale})) AS VARCHAR)`, { facts })
    }
    default:
  }
  throw untranslatableAt(`a ${given.kind} as a text`, 'how many digits the server prints is not known to be the same', at)
}
