import { sameType, type Type } from './type.ts'

export interface Column {
  readonly name: string
  readonly type: Type
  readonly nullable: boolean
  /** The type's name where the column came from, for people: `numeric(12,2)`, `order_status`. */
  readonly sourceType?: string
}

/** The shape of a stream's rows. `id` is given by the store when the schema is first written (law 4). */
export interface Schema {
  readonly columns: readonly Column[]
  /** Indexes into `columns` that identify a row; empty where a whole row is its own identity. */
  readonly key: readonly number[]
}

export function columnIndex(schema: Schema, name: string): number {
  return schema.columns.findIndex((column) => column.name === name)
}

export function sameSchema(left: Schema, right: Schema): boolean {
  return (
    left.columns.length === right.columns.length &&
    left.key.length === right.key.length &&
    left.key.every((index, at) => right.key[at] === index) &&
    left.columns.every((column, at) => {
      const other = right.columns[at]
      return other !== undefined && other.name === column.name && sameType(other.type, column.type)
    })
  )
}
