/**
 * In which form the columns of a table are asked for when its rows are read with COPY: in Postgres's binary
 * form where that is exact and read here, else as the text that Postgres prints, which is what the stream
 * brings. Either way a value becomes the same cell as from the stream.
 */
import type { Type } from '@millrace/core'
import { quoteIdentifier, type Table } from '../catalog/table.ts'
import { readColumns } from '../catalog/read-columns.ts'
import type { Query } from '../connect.ts'

export type BinaryFormat =
  | 'boolean'
  | 'bytes'
  | 'date'
  | 'float32'
  | 'float64'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'jsonb'
  | 'numeric'
  | 'text'
  | 'time'
  | 'timestamp'
  | 'uuid'

/** `printed`: the server prints the value, and its text is the cell. */
export type ColumnFormat = BinaryFormat | 'printed'

export interface ColumnForm {
  readonly format: ColumnFormat
  /** The number of the type in `pg_type` that the column must have for its bytes to be read so; null where any will do. */
  readonly typeOid: number | null
}

interface Known {
  readonly format: BinaryFormat
  readonly kind: Type['kind']
}

/** By the type's number, which is fixed for built-in types. Text of any type is sent as the text itself. */
const KNOWN: ReadonlyMap<number, Known> = new Map<number, Known>([
  [16, { format: 'boolean', kind: 'boolean' }],
  [17, { format: 'bytes', kind: 'bytes' }],
  [20, { format: 'int64', kind: 'int64' }],
  [21, { format: 'int16', kind: 'int16' }],
  [23, { format: 'int32', kind: 'int32' }],
  [25, { format: 'text', kind: 'text' }],
  [114, { format: 'text', kind: 'json' }],
  [700, { format: 'float32', kind: 'float32' }],
  [701, { format: 'float64', kind: 'float64' }],
  [1042, { format: 'text', kind: 'text' }],
  [1043, { format: 'text', kind: 'text' }],
  [1082, { format: 'date', kind: 'date' }],
  [1083, { format: 'time', kind: 'time' }],
  [1114, { format: 'timestamp', kind: 'timestamp' }],
  [1184, { format: 'timestamp', kind: 'timestamptz' }],
  [1700, { format: 'numeric', kind: 'decimal' }],
  [2950, { format: 'uuid', kind: 'uuid' }],
  [3802, { format: 'jsonb', kind: 'json' }],
])

const PRINTED: ColumnForm = { format: 'printed', typeOid: null }

/** Per column of the schema; null where the binary form has nothing to give. */
export async function readForms(query: Query, table: Table, partitions: number): Promise<readonly ColumnForm[] | null> {
  const rows = await readColumns(query, [table.oid])
  const oids = new Map(rows.map(({ name, base_oid }) => [name, base_oid]))
  const forms = table.schema.columns.map((_, column) => formOf(table, column, { oids, partitions }))
  return forms.some(({ format }) => format !== 'printed') ? forms : null
}

function formOf(
  { schema, masks }: Table,
  at: number,
  { oids, partitions }: { oids: ReadonlyMap<string, number>; partitions: number },
): ColumnForm {
  const column = schema.columns[at]
  const oid = column === undefined ? undefined : oids.get(column.name)
  const known = oid === undefined ? undefined : KNOWN.get(oid)
  if (column === undefined || oid === undefined || known === undefined || known.kind !== column.type.kind) return PRINTED
  // A mask is made of the text, and so is the number of a row's partition.
  if ((masks?.[at] ?? null) !== null) return PRINTED
  const isFloat = known.format === 'float32' || known.format === 'float64'
  // What is parked is told apart by its key's text, and only Postgres prints a float as Postgres does.
  if (schema.key.includes(at) && (partitions > 1 || isFloat)) return PRINTED
  return { format: known.format, typeOid: oid }
}

/**
 * What is selected. `format` calls the type's own output function, as the stream does; a cast to text would
 * not for all types: char(n) loses its blanks, an inet gains its mask, a boolean is spelled out.
 */
export function selectList({ schema }: Table, forms: readonly ColumnForm[] | null): string {
  return schema.columns
    .map(({ name }, at) => {
      const column = quoteIdentifier(name)
      const isPrinted = forms?.[at]?.format === 'printed'
      return isPrinted ? `CASE WHEN ${column} IS DISTINCT FROM NULL THEN pg_catalog.format('%s', ${column}) END` : column
    })
    .join(', ')
}
