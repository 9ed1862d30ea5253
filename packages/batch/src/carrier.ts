/**
 * How a value of each type travels into DuckDB. Numbers, dates and times travel as their own bits, so
 * nothing is rounded or parsed on the way; what lies as text here travels as text and is cast where the
 * relation is folded.
 */
import { assert } from '@millrace/base'
import type { Type } from '@millrace/core'
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBType,
  FLOAT,
  HUGEINT,
  INTEGER,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TINYINT,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from '@duckdb/node-api'

/** What one cell is in a DuckDB vector. `words64` and `words128` are little-endian two's complement. */
export type Carrier =
  | { readonly lies: 'boolean' | 'float32' | 'float64' | 'text' | 'bytes'; readonly type: DuckDBType }
  | { readonly lies: 'int8' | 'int16' | 'int32' | 'uint8' | 'uint16' | 'uint32'; readonly type: DuckDBType; readonly limit: bigint | null }
  | { readonly lies: 'words64' | 'words128'; readonly type: DuckDBType; readonly limit: bigint | null; readonly signed: boolean }

export function carrierOf(type: Type): Carrier {
  switch (type.kind) {
    case 'boolean':
      return { lies: 'boolean', type: BOOLEAN }
    case 'int8':
      return { lies: 'int8', type: TINYINT, limit: null }
    case 'int16':
      return { lies: 'int16', type: SMALLINT, limit: null }
    case 'int32':
      return { lies: 'int32', type: INTEGER, limit: null }
    case 'int64':
      return { lies: 'words64', type: BIGINT, limit: null, signed: true }
    case 'uint8':
      return { lies: 'uint8', type: UTINYINT, limit: null }
    case 'uint16':
      return { lies: 'uint16', type: USMALLINT, limit: null }
    case 'uint32':
      return { lies: 'uint32', type: UINTEGER, limit: null }
    case 'uint64':
      return { lies: 'words64', type: UBIGINT, limit: null, signed: false }
    case 'hugeint':
      return { lies: 'words128', type: HUGEINT, limit: null, signed: true }
    case 'decimal':
      return decimalCarrier(type.width, type.scale)
    case 'float32':
      return { lies: 'float32', type: FLOAT }
    case 'float64':
      return { lies: 'float64', type: DOUBLE }
    case 'text':
    case 'uuid':
    case 'json':
    case 'interval':
    case 'enum':
    case 'list':
    case 'struct':
    case 'map':
      return { lies: 'text', type: VARCHAR }
    case 'bytes':
      return { lies: 'bytes', type: BLOB }
    case 'date':
      return { lies: 'int32', type: DATE, limit: null }
    case 'time':
      return { lies: 'words64', type: TIME, limit: null, signed: true }
    case 'timestamp':
      return { lies: 'words64', type: TIMESTAMP, limit: null, signed: true }
    case 'timestamptz':
      return { lies: 'words64', type: TIMESTAMPTZ, limit: null, signed: true }
  }
}

/** A decimal lies in the smallest whole number that holds its width; its own bound is tighter. */
function decimalCarrier(width: number, scale: number): Carrier {
  assert(width >= 1 && width <= 38 && scale <= width, 'a decimal has 1 to 38 digits')
  const type = DECIMAL(width, scale)
  const limit = 10n ** BigInt(width) - 1n
  if (width <= 4) return { lies: 'int16', type, limit }
  if (width <= 9) return { lies: 'int32', type, limit }
  return { lies: width <= 18 ? 'words64' : 'words128', type, limit, signed: true }
}
