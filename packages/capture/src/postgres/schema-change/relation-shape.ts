/** The shape that a relation message tells, as the stream would have it: its columns chosen, masked and typed. */
import type { Column, Schema } from '@millrace/core'
import type { TypeDescriber } from '../catalog/describe-types.ts'
import type { ColumnSelection } from '../columns/selection.ts'
import type { Relation } from '../pgoutput/relation.ts'

export interface RelationShape {
  readonly columns: readonly Column[]
  /** By the column's name, its cell in a row of the stream. */
  readonly cells: ReadonlyMap<string, number>
  /** The names of the columns that identify a row; null where the whole row does, or where none does. */
  readonly key: ReadonlySet<string> | null
  /** Columns whose type the catalog does not know: not yet, or not any more. */
  readonly untold: readonly string[]
}

export async function relationShape(relation: Relation, selection: ColumnSelection, describer: TypeDescriber): Promise<RelationShape> {
  const described = await describer.describe(relation.columns)
  const columns: Column[] = []
  const untold: string[] = []
  const cells = new Map<string, number>()
  for (const [at, { name }] of relation.columns.entries()) {
    if (!selection.takes(name)) continue
    cells.set(name, at)
    const found = described[at] ?? null
    if (found === null) untold.push(name)
    else
      columns.push({
        name,
        nullable: true,
        sourceType: found.sourceType,
        type: selection.mask(name) === null ? found.type : { kind: 'text' },
      })
  }
  const key = relation.columns.filter((column) => column.key).map(({ name }) => name)
  return { columns, cells, key: relation.identity === 'd' || relation.identity === 'i' ? new Set(key) : null, untold }
}

/**
 * The stream's schema after the relation: its columns in their order, then those that came. What the
 * relation cannot tell, whether a column may be null and a type that is gone, is as it was.
 */
export function followedSchema(before: Schema, { columns, cells, key }: RelationShape): Schema {
  const now = new Map(columns.map((column) => [column.name, column]))
  const kept = before.columns.flatMap((old) => {
    const column = now.get(old.name)
    if (column !== undefined) return [{ ...column, nullable: old.nullable }]
    return cells.has(old.name) ? [old] : []
  })
  const all = [...kept, ...columns.filter(({ name }) => !before.columns.some((old) => old.name === name))]
  return { columns: all, key: keyAmong(all, keyNames(before, key)) }
}

/** In the order that the stream has them, where they are the same ones. */
function keyNames(before: Schema, key: ReadonlySet<string> | null): readonly string[] {
  const old = before.key.map((at) => before.columns[at]?.name ?? '')
  return key === null || (key.size === old.length && old.every((name) => key.has(name))) ? old : [...key]
}

function keyAmong(columns: readonly Column[], names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const at = columns.findIndex((column) => column.name === name)
    return at === -1 ? [] : [at]
  })
}

/** The same schema, its columns in the order that the stream has, then those that came. */
export function inOrderOf(before: Schema, { columns, key }: Schema): Schema {
  const rank = ({ name }: Column): number => {
    const at = before.columns.findIndex((column) => column.name === name)
    return at === -1 ? before.columns.length : at
  }
  const ordered = [...columns].sort((left, right) => rank(left) - rank(right))
  return { columns: ordered, key: key.map((at) => ordered.indexOf(columns[at] as Column)) }
}

/** As the stream may take the table's shape of now: a promise that a column is never null is not made anew for old rows. */
export function mergedSchema(before: Schema, now: Schema): Schema {
  const columns = now.columns.map((column) => {
    const old = before.columns.find(({ name }) => name === column.name)
    return { ...column, nullable: old === undefined || old.nullable || column.nullable }
  })
  return { columns, key: now.key }
}
