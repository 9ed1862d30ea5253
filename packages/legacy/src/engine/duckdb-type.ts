/** As which type DuckDB reads a column of Postgres, exactly; null where there is none. */

/** By the type's number in `pg_type`, which no release has ever changed. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [16, 'BOOLEAN'],
  [17, 'BLOB'],
  [20, 'BIGINT'],
  [21, 'SMALLINT'],
  [23, 'INTEGER'],
  [25, 'VARCHAR'],
  [114, 'JSON'],
  [700, 'FLOAT'],
  [701, 'DOUBLE'],
  [1043, 'VARCHAR'],
  [1082, 'DATE'],
  [1083, 'TIME'],
  [1114, 'TIMESTAMP'],
  [1184, 'TIMESTAMP WITH TIME ZONE'],
  [2950, 'UUID'],
  [3802, 'JSON'],
])
const NUMERIC = 1700
const DECIMAL_WIDTH_MAX = 38

export interface ServerType {
  readonly type: number
  /** `atttypmod`: of numeric its width and scale; -1 where it has none. */
  readonly modifier: number
  /** An enum's values are its labels. */
  readonly isEnum: boolean
}

export function duckdbTypeOf({ type, modifier, isEnum }: ServerType): string | null {
  if (isEnum) return 'VARCHAR'
  if (type !== NUMERIC) return TYPES.get(type) ?? null
  if (modifier < 4) return null
  const width = ((modifier - 4) >> 16) & 0xffff
  // The scale is eleven bits with a sign.
  const scale = (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400
  return width <= DECIMAL_WIDTH_MAX && scale >= 0 && scale <= width ? `DECIMAL(${width},${scale})` : null
}

/** Both have years before Christ, and write them otherwise; of a date DuckDB would leave Postgres's ` BC` out. */
const DATED: ReadonlySet<string> = new Set(['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'])

/** The expression whose text DuckDB reads as the value. */
export function printed(column: string, type: string): string {
  if (type === 'BLOB') return `encode(${column}, 'hex')`
  const text = `${column}::text`
  if (!DATED.has(type)) return text
  return `CASE WHEN ${column} < '0001-01-01' THEN regexp_replace(${text}, '^(\\S+)(.*) BC$', '\\1 (BC)\\2') ELSE ${text} END`
}
