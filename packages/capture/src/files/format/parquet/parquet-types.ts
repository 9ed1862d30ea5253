/** What DuckDB finds in a Parquet file, as columns of ours: what to select for each, or why it cannot be one. */
import { PLAIN_KINDS, sqlNameOf, type Type } from '@millrace/core'

export interface ParquetColumn {
  readonly name: string
  readonly type: Type
  /** SQL that yields it. */
  readonly select: string
  /** SQL that is true where its value has no exact counterpart, with what to say then; null if that cannot be. */
  readonly misfit: { readonly when: string; readonly reason: string } | null
}

const BY_NAME = new Map<string, Type>(PLAIN_KINDS.map((kind) => [sqlNameOf({ kind }), { kind }]))

/** Null where no column can have the type. */
export function parquetColumn(name: string, typeName: string): ParquetColumn | null {
  const quoted = quoteName(name)
  if (typeName === 'INTERVAL') return { name, type: { kind: 'interval' }, select: `CAST(${quoted} AS VARCHAR)`, misfit: null }
  const plain = BY_NAME.get(typeName)
  if (plain !== undefined) return { name, type: plain, select: quoted, misfit: null }
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(typeName)
  if (decimal !== null)
    return { name, type: { kind: 'decimal', width: Number(decimal[1]), scale: Number(decimal[2]) }, select: quoted, misfit: null }
  if (isNested(typeName)) return { name, type: { kind: 'json' }, select: `CAST(to_json(${quoted}) AS VARCHAR)`, misfit: null }
  if (typeName.startsWith('ENUM(')) return { name, type: { kind: 'text' }, select: `CAST(${quoted} AS VARCHAR)`, misfit: null }
  if (typeName === 'TIMESTAMP_S' || typeName === 'TIMESTAMP_MS') {
    return { name, type: { kind: 'timestamp' }, select: `CAST(${quoted} AS TIMESTAMP)`, misfit: null }
  }
  if (typeName === 'TIMESTAMP_NS') {
    const misfit = { when: `epoch_ns(${quoted}) % 1000 <> 0`, reason: `${name}: it has parts of a microsecond, which no timestamp holds` }
    return { name, type: { kind: 'timestamp' }, select: `CAST(${quoted} AS TIMESTAMP)`, misfit }
  }
  return null
}

/** Lists and arrays end in brackets. */
function isNested(typeName: string): boolean {
  return typeName.endsWith(']') || /^(?:STRUCT|MAP|UNION)\(/.test(typeName)
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
