/**
 * The schemas of streams by id, with every version that a stream ever had, in a control table. A version is
 * written in the commit that makes it true, and never changed or removed afterwards.
 */
import { MillraceError } from '@millrace/base'
import type { ControlStatement, ControlValue, LogReader, Schema } from '@millrace/core'
import { compareSchemas, describeFindings } from './compatibility.ts'
import { documentOf, type SchemaDocument, schemaOf } from './schema-document.ts'

const CREATE: ControlStatement = {
  sql: `create table if not exists schema_version (
  id text primary key,
  stream text not null,
  version integer not null,
  document text not null,
  declared_ms real not null
)`,
  parameters: [],
}
const INSERT = 'insert into schema_version values (?, ?, ?, ?, ?) on conflict (id) do nothing'

export interface Declaration {
  /** As it stands from now on: the new version, or the one that was there and means the same. */
  readonly document: SchemaDocument
  /** For the commit that makes it true; none where nothing is new. */
  readonly control: readonly ControlStatement[]
}

export interface DeclareOptions {
  readonly stream: string
  readonly schema: Schema
  readonly nowMs: number
}

export class SchemaRegistry {
  readonly #reader: LogReader

  constructor(reader: LogReader) {
    this.#reader = reader
  }

  /** The newest version; null before the first. */
  current(stream: string): SchemaDocument | null {
    return this.#one('where stream = ? order by version desc limit 1', stream)
  }

  byId(id: string): SchemaDocument | null {
    return this.#one('where id = ?', id)
  }

  /** Judges what is to become of a stream's schema. Raises SCHEMA_INCOMPATIBLE; writes nothing (law 4). */
  declare({ stream, schema, nowMs }: DeclareOptions): Declaration {
    const known = this.current(stream)
    if (known !== null) {
      refuseIncompatible(stream, schemaOf(known), schema)
      if (compareSchemas(schemaOf(known), schema).verdict === 'same') return { document: known, control: [] }
    }
    const document = documentOf(stream, (known?.version ?? 0) + 1, schema)
    const parameters: ControlValue[] = [document.id, stream, document.version, JSON.stringify(document), nowMs]
    return { document, control: [CREATE, { sql: INSERT, parameters }] }
  }

  #one(rest: string, parameter: string): SchemaDocument | null {
    if (!this.#isThere()) return null
    const [row] = this.#reader.control<{ document: string }>(`select document from schema_version ${rest}`, [parameter])
    return row === undefined ? null : (JSON.parse(row.document) as SchemaDocument)
  }

  #isThere(): boolean {
    try {
      this.#reader.control('select 1 from schema_version limit 1')
      return true
    } catch (error) {
      if (/no such table|does not exist/.test(textOf(error))) return false
      throw error
    }
  }
}

/** Raises SCHEMA_INCOMPATIBLE, naming what would surprise the readers. */
export function refuseIncompatible(stream: string, before: Schema, after: Schema): void {
  const { verdict, findings } = compareSchemas(before, after)
  if (verdict !== 'incompatible') return
  throw new MillraceError('SCHEMA_INCOMPATIBLE', {
    details: { stream, what: describeFindings(findings.filter(({ breaking }) => breaking)) },
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${textOf(error.cause)}` : ''
}
