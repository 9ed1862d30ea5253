/** The server's types of columns: what DuckDB has for them, and what an expression sees. */
import { type CatalogColumn, type CatalogRelation, type TextFacts } from '../catalog/catalog.ts'
import { collationOf } from '../catalog/collation.ts'
import { untranslatableAt } from '../untranslatable-at.ts'
import { settled } from './exact-number.ts'
import type { OutputColumn } from './scope.ts'
import { atom, type Value, type ValueKind } from './value.ts'

const WHOLE: Readonly<Record<string, string>> = {
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  mediumint: 'INTEGER',
  int: 'INTEGER',
  bigint: 'BIGINT',
}
const TEXT = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum'])
const BYTES = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'])
const DIGITS_MAX = 38

/** Null where DuckDB has no such type. */
export function duckdbType({ dataType, columnType, isUnsigned, precision, scale }: CatalogColumn): string | null {
  const whole = WHOLE[dataType]
  if (whole !== undefined) return isUnsigned ? `U${whole}` : whole
  if (TEXT.has(dataType) || dataType === 'set' || dataType === 'time') return 'VARCHAR'
  if (BYTES.has(dataType)) return 'BLOB'
  switch (dataType) {
    case 'decimal':
      return `DECIMAL(${Math.min(DIGITS_MAX, precision)}, ${scale})`
    case 'double':
      return 'DOUBLE'
    case 'float':
      return 'FLOAT'
    case 'date':
      return 'DATE'
    case 'datetime':
    case 'timestamp':
      return 'TIMESTAMP'
    case 'year':
      return 'SMALLINT'
    case 'bit':
      return columnType === 'bit(1)' ? 'BOOLEAN' : 'UBIGINT'
    case 'json':
      return 'JSON'
    default:
      return null
  }
}

function kindOf({ dataType }: CatalogColumn): ValueKind | null {
  if (WHOLE[dataType] !== undefined) return 'integer'
  if (TEXT.has(dataType)) return 'text'
  if (dataType === 'decimal' || dataType === 'double' || dataType === 'date') return dataType
  return dataType === 'datetime' || dataType === 'timestamp' ? 'datetime' : null
}

export interface TablePlace {
  readonly isUtc: boolean
  /** Whether the table is followed as a stream; otherwise its rows were copied. */
  readonly isStreamed: boolean
}

/** A table's column as views read it. */
export function tableColumn(column: CatalogColumn, place: TablePlace): OutputColumn {
  const { name, scale, isUnsigned, fraction, facts, dataType } = column
  const kind = kindOf(column)
  const {
    sql: _sql,
    isAtom: _isAtom,
    constant: _constant,
    quotient: _quotient,
    ...value
  } = {
    ...atom(kind ?? 'null', ''),
    scale: kind === 'decimal' ? scale : 0,
    digits: kind === 'decimal' ? { least: scale, most: scale } : { least: 0, most: 0 },
    isUnsigned: kind === 'integer' && isUnsigned,
    isWide: dataType === 'bigint',
    mayVanish: false,
    facts: dataType === 'enum' && facts !== null ? { ...facts, collation: { ...facts.collation, isBinaryOrder: false } } : facts,
    fraction,
  }
  return { name, value, unreadable: unreadable(column, place), type: duckdbType(column) }
}

function unreadable(column: CatalogColumn, { isUtc, isStreamed }: TablePlace): string | null {
  const { dataType, columnType, precision, hasNoDates } = column
  const kind = kindOf(column)
  if (kind === null) return `a column of the type ${columnType} has no exact counterpart in DuckDB`
  if (hasNoDates) return 'some of its dates are none, such as 0000-00-00'
  if (kind === 'decimal' && precision > DIGITS_MAX) return `DuckDB keeps ${DIGITS_MAX} digits, it has ${precision}`
  if (kind === 'double' && /\(/.test(columnType)) return 'a float with a number of digits is rounded where it is shown'
  if (dataType === 'timestamp' && (!isUtc || isStreamed)) return 'what day and hour a TIMESTAMP is depends on the zone of the session'
  return null
}

/** What a view gives, with the type that the server says. Where ours is another, we did not understand the view. */
export function asDeclared(given: Value, column: CatalogColumn, at: number): { readonly sql: string; readonly facts: TextFacts | null } {
  const { columnType, name, dataType, scale, fraction, collation } = column
  const mismatch = (): Error =>
    untranslatableAt(
      name,
      `the server gives it the type ${columnType}, of which the translation makes a ${given.kind}${given.kind === 'decimal' ? ` of ${given.scale} digits` : ''}`,
      at,
    )
  if (given.kind === 'null') return { sql: `CAST(NULL AS ${duckdbType(column) ?? 'VARCHAR'})`, facts: null }
  const type = duckdbType(column)
  const kind = kindOf(column)
  if (type === null || kind === null) throw mismatch()
  if (kind === 'text') {
    if (given.kind !== 'text') throw mismatch()
    const own = collationOf(collation ?? '')
    const isSame = given.facts?.collation.name === own.name
    return {
      sql: given.sql,
      facts: given.facts === null ? null : isSame ? given.facts : { ...given.facts, collation: own, isCanonical: false },
    }
  }
  const isWhole = given.kind === 'boolean' || given.kind === 'integer' || (given.kind === 'decimal' && given.scale === 0)
  const isSame =
    kind === 'integer'
      ? isWhole
      : kind === 'decimal'
        ? (isWhole && scale === 0) || (given.kind === 'decimal' && given.scale === scale)
        : kind === 'double'
          ? given.kind === 'double' && given.scale === floatDigits(columnType)
          : given.kind === kind && given.fraction === fraction
  if (!isSame || (dataType === 'timestamp' && fraction > 0)) throw mismatch()
  const { sql } = settled(given, at)
  return { sql: kind === 'date' || kind === 'datetime' || kind === 'double' ? sql : `CAST(${sql} AS ${type})`, facts: null }
}

function floatDigits(columnType: string): number {
  return Number(/,(\d+)\)/.exec(columnType)?.[1] ?? 0)
}

export function modelColumn(column: CatalogColumn, inner: OutputColumn, facts: TextFacts | null): OutputColumn {
  const declared = tableColumn({ ...column, facts }, { isUtc: true, isStreamed: false })
  const precision = column.dataType === 'decimal' && column.precision > DIGITS_MAX ? null : declared.unreadable
  return {
    ...declared,
    unreadable: precision === null ? null : column.dataType === 'double' ? null : precision,
    value: { ...declared.value, unsettled: inner.value.unsettled },
  }
}

/** What a view that was not translated gives, as far as the server tells. */
export function declaredColumns({ columns }: CatalogRelation): OutputColumn[] {
  return columns.map((column) => modelColumn(column, tableColumn(column, { isUtc: true, isStreamed: false }), null))
}
