/** Types of Postgres that have a counterpart, by their object ids, which no release has ever changed. */
export const OID = {
  bool: 16,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const

const ARRAY_OF: Readonly<Record<number, number>> = {
  1000: OID.bool,
  1005: OID.int2,
  1007: OID.int4,
  1016: OID.int8,
  1009: OID.text,
  1014: OID.bpchar,
  1015: OID.varchar,
  1021: OID.float4,
  1022: OID.float8,
  1182: OID.date,
  1115: OID.timestamp,
  1185: OID.timestamptz,
  1231: OID.numeric,
  2951: OID.uuid,
  3807: OID.jsonb,
}

const NAMES: Readonly<Record<number, string>> = {
  [OID.bool]: 'BOOLEAN',
  [OID.char]: 'VARCHAR',
  [OID.name]: 'VARCHAR',
  [OID.int8]: 'BIGINT',
  [OID.int2]: 'SMALLINT',
  [OID.int4]: 'INTEGER',
  [OID.text]: 'VARCHAR',
  [OID.json]: 'JSON',
  [OID.float4]: 'FLOAT',
  [OID.float8]: 'DOUBLE',
  [OID.unknown]: 'VARCHAR',
  [OID.bpchar]: 'VARCHAR',
  [OID.varchar]: 'VARCHAR',
  [OID.date]: 'DATE',
  [OID.time]: 'TIME',
  [OID.timestamp]: 'TIMESTAMP',
  [OID.timestamptz]: 'TIMESTAMP WITH TIME ZONE',
  [OID.interval]: 'INTERVAL',
  [OID.uuid]: 'UUID',
  [OID.jsonb]: 'JSON',
}

/** A type of DuckDB for one of Postgres, or null where there is none. `scale` is a numeric's digits after the point. */
export function duckdbType(oid: number, scale: number): string | null {
  const element = elementType(oid)
  if (element !== null) {
    const inner = duckdbType(element, scale)
    return inner === null ? null : `${inner}[]`
  }
  return oid === OID.numeric ? `DECIMAL(38, ${scale})` : (NAMES[oid] ?? null)
}

export function elementType(oid: number): number | null {
  return ARRAY_OF[oid] ?? null
}

export function isArray(oid: number): boolean {
  return ARRAY_OF[oid] !== undefined
}

export function isInteger(oid: number): boolean {
  return oid === OID.int2 || oid === OID.int4 || oid === OID.int8
}

export function isFloat(oid: number): boolean {
  return oid === OID.float4 || oid === OID.float8
}

export function isText(oid: number): boolean {
  return oid === OID.text || oid === OID.varchar || oid === OID.bpchar || oid === OID.name || oid === OID.unknown
}

/** The precision and scale of `numeric(p, s)`; null where the type says neither. */
export function numericModifier(typmod: number): { readonly precision: number; readonly scale: number } | null {
  if (typmod < 4) return null
  // The scale is eleven bits with a sign.
  const scale = ((typmod - 4) & 0x7ff) ^ 1024
  return { precision: ((typmod - 4) >> 16) & 0xffff, scale: scale - 1024 }
}
