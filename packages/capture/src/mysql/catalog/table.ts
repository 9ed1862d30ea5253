import type { Schema, StreamDefinition } from '@millrace/core'
import type { TextCell } from '../cell/text-cell.ts'

/** A captured table, as the catalog describes it. */
export interface Table {
  readonly name: string
  /** The stream that carries its changes. */
  readonly stream: string
  readonly schema: Schema
  /** One for each column of the schema. */
  readonly cells: readonly TextCell[]
  /** Its engine keeps no versions of rows: a snapshot must hold it still while it is read. */
  readonly isUnversioned: boolean
}

export function streamName(source: string, table: string): string {
  return `${source}.${table}`
}

export function definitionOf({ stream, schema }: Pick<Table, 'stream' | 'schema'>, partitions: number): StreamDefinition {
  return { name: stream, kind: 'table', schema, partitions }
}
