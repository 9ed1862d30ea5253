/**
 * A schema as it is told to others. Its id is made from its content, so that it is the same in every replica
 * and after every rebuild, and whatever was once told under an id is true for ever: it may be kept by anybody.
 */
import { assert } from '@millrace/base'
import { type Column, type Schema, typeFromName, typeNameOf } from '@millrace/core'
import { createHash } from 'node:crypto'

export interface SchemaDocument {
  readonly id: string
  readonly stream: string
  /** Counts the versions of the stream, from 1. */
  readonly version: number
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  readonly key: readonly string[]
}

const ID_LETTERS = 32

export function schemaIdOf(stream: string, schema: Schema): string {
  const { columns, key } = contentOf(schema)
  return createHash('sha256')
    .update(JSON.stringify([stream, columns, key]))
    .digest('hex')
    .slice(0, ID_LETTERS)
}

export function documentOf(stream: string, version: number, schema: Schema): SchemaDocument {
  return { id: schemaIdOf(stream, schema), stream, version, ...contentOf(schema) }
}

export function schemaOf(document: SchemaDocument): Schema {
  const columns = document.columns.map(({ name, type, nullable }): Column => {
    const known = typeFromName(type)
    assert(known !== null, `a schema's document names types that there are: ${type}`)
    return { name, type: known, nullable }
  })
  return { columns, key: document.key.map((name) => columns.findIndex((column) => column.name === name)) }
}

/** What an id stands for: no version, no names from elsewhere. */
function contentOf({ columns, key }: Schema): Pick<SchemaDocument, 'columns' | 'key'> {
  return {
    columns: columns.map(({ name, type, nullable }) => ({ name, type: typeNameOf(type), nullable })),
    key: key.map((at) => columns[at]?.name ?? ''),
  }
}
