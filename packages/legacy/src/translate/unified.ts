import { duckdbType, elementType, OID } from '../postgres/type.ts'
import type { Typed } from './typed.ts'

/** Exact numbers of several scales take the greatest; how Postgres prints them then depends on which was taken. */
export function unified(values: readonly Typed[]): Pick<Typed, 'scale' | 'isLoose'> {
  const known = values.filter(({ sql }) => sql !== 'NULL')
  const scale = Math.max(0, ...known.map((value) => value.scale))
  return { scale, isLoose: known.some((value) => value.isLoose || value.scale !== scale) }
}

/**
 * Where several exact numbers become one column, DuckDB would take digits after the point away from some
 * rather than from those before it: a wide number with five and a narrow one with six become one with five.
 * So each is given the greatest scale beforehand. Narrow constants need no such word.
 */
export function aligned(values: readonly Typed[]): Typed[] {
  const { scale } = unified(values)
  return values.map((value) => withScale(value, scale))
}

export function withScale(value: Typed, scale: number): Typed {
  const isNumeric = value.type === OID.numeric || elementType(value.type) === OID.numeric
  if (!isNumeric || value.scale === scale || value.constant !== undefined || value.sql === 'NULL') return value
  return { ...value, sql: `CAST(${value.sql} AS ${duckdbType(value.type, scale)})`, scale, isAtom: true }
}
