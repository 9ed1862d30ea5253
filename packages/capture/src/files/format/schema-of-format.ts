/** What a declared format says about the shape of its records. */
import { MillraceError } from '@millrace/base'
import {
  type Column,
  type ColumnFormat,
  type ColumnFormats,
  type FixedWidthFormat,
  type Type,
  typeFromName,
  type TypeName,
} from '@millrace/core'
import type { RecordSchema, StreamedFormat } from './record-reader.ts'

/** Null where the types are to be inferred. */
export function declaredSchemas(format: StreamedFormat, name: string): readonly RecordSchema[] | null {
  if (format.type === 'fixed-width') return fixedSchemas(format, name)
  if (format.columns === undefined) return null
  return [{ stream: null, schema: { columns: columnsOf(format.columns, name), key: [] } }]
}

/** A file with one type of data has one stream, which needs no name of its own. */
function fixedSchemas(format: FixedWidthFormat, name: string): readonly RecordSchema[] {
  const data = Object.entries(format.layouts).filter(([, layout]) => (layout.role ?? 'data') === 'data')
  if (data.length === 0) throw new MillraceError('FILE_FORMAT_INVALID', { details: { name, problem: 'no layout is of data' } })
  return data.map(([stream, layout]) => ({
    stream: data.length === 1 ? null : stream,
    schema: {
      columns: layout.fields.map((field) => ({ name: field.name, type: typeOfName(field.type, name), nullable: field.nullable ?? true })),
      key: [],
    },
  }))
}

function columnsOf(columns: ColumnFormats, file: string): readonly Column[] {
  return Object.entries(columns).map(([name, given]) => {
    const column = columnFormat(given)
    return { name, type: typeOfName(column.type, file), nullable: column.nullable ?? true }
  })
}

export function columnFormat(given: TypeName | ColumnFormat): ColumnFormat {
  return typeof given === 'string' ? { type: given } : given
}

export function typeOfName(given: TypeName, file: string): Type {
  const type = typeFromName(given)
  if (type === null) throw new MillraceError('FILE_FORMAT_INVALID', { details: { name: file, problem: `there is no type '${given}'` } })
  return type
}
