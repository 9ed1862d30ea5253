/** What a TABLE_MAP tells beyond the bare types, field by field: kind, length, content. */
import { LengthEncoded } from '../wire/length-encoded.ts'
import type { Dialect } from './event-type.ts'
import { COLUMN_TYPE, type RawColumn } from './column-type.ts'
import { MalformedError } from './malformed.ts'

const FIELD = {
  SIGNEDNESS: 1,
  DEFAULT_CHARSET: 2,
  COLUMN_CHARSET: 3,
  COLUMN_NAME: 4,
  SET_LABELS: 5,
  ENUM_LABELS: 6,
  SIMPLE_PRIMARY_KEY: 8,
  PRIMARY_KEY_WITH_PREFIX: 9,
  LABEL_DEFAULT_CHARSET: 10,
  LABEL_COLUMN_CHARSET: 11,
} as const

export interface OptionalMetadata {
  readonly names: readonly string[] | null
  readonly unsigned: ReadonlySet<number>
  readonly collations: ReadonlyMap<number, number>
  readonly labels: ReadonlyMap<number, readonly Buffer[]>
  readonly key: readonly number[]
}

const NUMERIC: ReadonlySet<number> = new Set([
  COLUMN_TYPE.TINY,
  COLUMN_TYPE.SHORT,
  COLUMN_TYPE.INT24,
  COLUMN_TYPE.LONG,
  COLUMN_TYPE.LONGLONG,
  COLUMN_TYPE.NEWDECIMAL,
  COLUMN_TYPE.FLOAT,
  COLUMN_TYPE.DOUBLE,
])
const TEXT: ReadonlySet<number> = new Set([
  COLUMN_TYPE.STRING,
  COLUMN_TYPE.VAR_STRING,
  COLUMN_TYPE.VARCHAR,
  COLUMN_TYPE.BLOB,
  COLUMN_TYPE.TINY_BLOB,
  COLUMN_TYPE.MEDIUM_BLOB,
  COLUMN_TYPE.LONG_BLOB,
  COLUMN_TYPE.VARCHAR_COMPRESSED,
  COLUMN_TYPE.BLOB_COMPRESSED,
])

export function readOptionalMetadata(bytes: Buffer, columns: readonly RawColumn[], dialect: Dialect): OptionalMetadata {
  const fields = readFields(bytes)
  const isMariadb = dialect === 'mariadb'
  const where = (is: (type: number) => boolean): number[] => columns.flatMap(({ type }, index) => (is(type) ? [index] : []))
  // MariaDB counts YEAR among the numbers and GEOMETRY among the texts; MySQL does not.
  const numeric = where((type) => NUMERIC.has(type) || (isMariadb && type === COLUMN_TYPE.YEAR))
  const text = where((type) => TEXT.has(type) || (isMariadb && type === COLUMN_TYPE.GEOMETRY))
  const sets = where((type) => type === COLUMN_TYPE.SET)
  const enums = where((type) => type === COLUMN_TYPE.ENUM)
  const labelled = where((type) => type === COLUMN_TYPE.SET || type === COLUMN_TYPE.ENUM)
  return {
    names: namesOf(fields.get(FIELD.COLUMN_NAME)),
    unsigned: bitsOf(fields.get(FIELD.SIGNEDNESS), numeric),
    collations: new Map([
      ...collationsOf(fields.get(FIELD.DEFAULT_CHARSET), fields.get(FIELD.COLUMN_CHARSET), text),
      ...collationsOf(fields.get(FIELD.LABEL_DEFAULT_CHARSET), fields.get(FIELD.LABEL_COLUMN_CHARSET), labelled),
    ]),
    labels: new Map([...labelsOf(fields.get(FIELD.SET_LABELS), sets), ...labelsOf(fields.get(FIELD.ENUM_LABELS), enums)]),
    key: keyOf(fields),
  }
}

function readFields(bytes: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>()
  const reader = new LengthEncoded()
  while (reader.at < bytes.length) {
    const kind = bytes.readUInt8(reader.at)
    reader.at += 1
    const length = reader.read(bytes)
    if (reader.at + length > bytes.length) throw new MalformedError('a field ends beyond the event')
    fields.set(kind, bytes.subarray(reader.at, reader.at + length))
    reader.at += length
  }
  return fields
}

function namesOf(field: Buffer | undefined): string[] | null {
  if (field === undefined) return null
  const names: string[] = []
  const reader = new LengthEncoded()
  while (reader.at < field.length) names.push(reader.text(field))
  return names
}

/** One bit for each column that is meant, the highest first. */
function bitsOf(field: Buffer | undefined, columns: readonly number[]): Set<number> {
  return new Set(field === undefined ? [] : columns.filter((_column, bit) => ((field[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0))
}

/** Either a default with exceptions, or one number for each column. */
function collationsOf(defaults: Buffer | undefined, each: Buffer | undefined, columns: readonly number[]): Map<number, number> {
  const collations = new Map<number, number>()
  const reader = new LengthEncoded()
  if (each !== undefined) {
    for (const column of columns) collations.set(column, reader.read(each))
  } else if (defaults !== undefined) {
    const most = reader.read(defaults)
    for (const column of columns) collations.set(column, most)
    while (reader.at < defaults.length) {
      const column = columns[reader.read(defaults)]
      const collation = reader.read(defaults)
      if (column !== undefined) collations.set(column, collation)
    }
  }
  return collations
}

function labelsOf(field: Buffer | undefined, columns: readonly number[]): Map<number, Buffer[]> {
  const labels = new Map<number, Buffer[]>()
  if (field === undefined) return labels
  const reader = new LengthEncoded()
  for (const column of columns) {
    const own: Buffer[] = []
    for (let count = reader.read(field); count > 0; count -= 1) {
      const length = reader.read(field)
      if (reader.at + length > field.length) throw new MalformedError('a label ends beyond the event')
      own.push(field.subarray(reader.at, reader.at + length))
      reader.at += length
    }
    labels.set(column, own)
  }
  return labels
}

function keyOf(fields: ReadonlyMap<number, Buffer>): number[] {
  const simple = fields.get(FIELD.SIMPLE_PRIMARY_KEY)
  const prefixed = fields.get(FIELD.PRIMARY_KEY_WITH_PREFIX)
  const field = simple ?? prefixed
  if (field === undefined) return []
  const key: number[] = []
  const reader = new LengthEncoded()
  while (reader.at < field.length) {
    key.push(reader.read(field))
    // A key over the beginning of a column tells how long that beginning is; the rows are still told apart by the whole.
    if (simple === undefined) reader.read(field)
  }
  return key
}
