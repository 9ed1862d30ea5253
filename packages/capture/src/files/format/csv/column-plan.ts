/** Which field of a record becomes which column, and how. */
import { MillraceError } from '@millrace/base'
import type { CsvFormat, Schema } from '@millrace/core'
import { columnFormat } from '../schema-of-format.ts'
import { type CellType, cellTypeOf } from '../value/cell-type.ts'

export interface ColumnPlan {
  readonly name: string
  /** The field's place in the record, from 0. */
  readonly field: number
  readonly cell: CellType
  readonly nullable: boolean
  /** What is a null where it is not in quotes. Where the type is not text, in quotes too: it can be nothing else. */
  readonly nulls: ReadonlySet<string>
  /** True where only a cell without a single character is null: the fast case. */
  readonly emptyAloneIsNull: boolean
  readonly format: string | undefined
}

export interface PlanOrder {
  readonly format: CsvFormat
  readonly schema: Schema
  /** As the file, its header or the format names them. */
  readonly fields: readonly string[]
  readonly name: string
}

export function planColumns(order: PlanOrder): readonly ColumnPlan[] {
  const { format, schema, name } = order
  const nulls = new Set(format.nullText ?? [''])
  return schema.columns.map((column) => {
    const declared = format.columns?.[column.name]
    const form = declared === undefined ? undefined : columnFormat(declared).format
    const options = {
      decimalSeparator: format.decimalSeparator,
      thousandsSeparator: format.thousandsSeparator,
      booleans: format.booleans,
      format: form,
      name,
    }
    const cell = cellTypeOf(column.type, options)
    // A word for null that is also a number must be asked for before the number.
    const shadowed = [...nulls].some((word) => word !== '' && cell.read(word) !== undefined)
    return {
      name: column.name,
      field: fieldOf(order, column.name),
      cell: shadowed ? { ...cell, form: null } : cell,
      nullable: column.nullable,
      nulls,
      emptyAloneIsNull: nulls.size === 1 && nulls.has(''),
      format: form,
    }
  })
}

/** By its exact name, else by one that differs only in case and in spaces around it. */
function fieldOf({ fields, name }: PlanOrder, column: string): number {
  const exact = fields.indexOf(column)
  if (exact >= 0) return exact
  const alike = fields.flatMap((field, at) => (field.trim().toLowerCase() === column.trim().toLowerCase() ? [at] : []))
  if (alike.length === 1) return alike[0] as number
  const problem = alike.length === 0 ? `it has no column '${column}'` : `it has more than one column '${column}'`
  throw new MillraceError('FILE_HEADER_MISMATCH', { details: { name, problem } })
}

/** Names of columns as a schema can have them: none empty, none twice. */
export function uniqueNames(fields: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return fields.map((field, at) => {
    const wanted = field.trim() === '' ? `column_${at + 1}` : field.trim()
    let name = wanted
    for (let count = 2; taken.has(name.toLowerCase()); count += 1) name = `${wanted}_${count}`
    taken.add(name.toLowerCase())
    return name
  })
}
