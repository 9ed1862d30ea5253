import type { Type } from '@millrace/core'

/** A type as the serialised plan writes it. */
export interface PlanType {
  readonly id: string
  readonly type_info: { readonly alias?: string; readonly width?: number; readonly scale?: number } | null
}

/** Within an expression there are two more types than a column can have. */
export type ExpressionType = Type | { readonly kind: 'interval' } | { readonly kind: 'null' }

const KIND: Readonly<Record<string, ExpressionType>> = {
  BOOLEAN: { kind: 'boolean' },
  TINYINT: { kind: 'int8' },
  SMALLINT: { kind: 'int16' },
  INTEGER: { kind: 'int32' },
  BIGINT: { kind: 'int64' },
  HUGEINT: { kind: 'hugeint' },
  UTINYINT: { kind: 'uint8' },
  USMALLINT: { kind: 'uint16' },
  UINTEGER: { kind: 'uint32' },
  UBIGINT: { kind: 'uint64' },
  FLOAT: { kind: 'float32' },
  DOUBLE: { kind: 'float64' },
  VARCHAR: { kind: 'text' },
  BLOB: { kind: 'bytes' },
  UUID: { kind: 'uuid' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  TIMESTAMP: { kind: 'timestamp' },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamptz' },
  INTERVAL: { kind: 'interval' },
  NULL: { kind: 'null' },
}

/** Our type for DuckDB's, or null where there is none (lists, structs, enums). */
export function typeOfPlan(type: PlanType): ExpressionType | null {
  if (type.id === 'DECIMAL') return { kind: 'decimal', width: type.type_info?.width ?? 18, scale: type.type_info?.scale ?? 3 }
  if (type.id === 'VARCHAR' && type.type_info?.alias === 'JSON') return { kind: 'json' }
  return KIND[type.id] ?? null
}

/** The plan's type as the DuckDB client spells it: `DECIMAL(5,2)`, `VARCHAR`. */
export function typeOfName(name: string): Type | null {
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name)
  if (decimal !== null) return { kind: 'decimal', width: Number(decimal[1]), scale: Number(decimal[2]) }
  if (name === 'JSON') return { kind: 'json' }
  const type = KIND[name]
  return type === undefined || type.kind === 'interval' || type.kind === 'null' ? null : type
}

export function describePlanType(type: PlanType): string {
  return type.id.toLowerCase()
}
