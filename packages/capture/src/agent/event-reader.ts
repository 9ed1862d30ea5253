/**
 * Reads the events of one stream as rows. A row is told whole or not at all: what does not fit says why, with
 * as much of the row as could be read, for whoever is to mend it.
 */
import { MillraceError } from '@millrace/base'
import type { JsonValue, Value } from '@millrace/core'
import type { ParkedRow } from '../parking/parked-record.ts'
import type { BodyEvent } from './batch-body.ts'
import { type CellReader, cellReaderOf } from './cell-reader.ts'
import type { DeclaredStream } from './declared-stream.ts'

export interface Misfit {
  /** It may hold the value that is wrong. */
  readonly reason: string
  readonly row: ParkedRow | null
  /** The row's values as far as they could be read, to tell its key by. */
  readonly values: readonly (Value | undefined)[]
}

export type ReadEvent = { readonly fits: true; readonly values: readonly Value[] } | ({ readonly fits: false } & Misfit)

/** A reason is for a person to read, not a copy of the event. */
const REASON_LETTERS_MAX = 500

export class EventReader {
  readonly #declared: DeclaredStream
  readonly #cells: readonly CellReader[]
  readonly #names: ReadonlySet<string>

  constructor(declared: DeclaredStream) {
    this.#declared = declared
    this.#cells = declared.schema.columns.map(cellReaderOf)
    this.#names = new Set(declared.schema.columns.map(({ name }) => name))
  }

  read({ text, section }: BodyEvent): ReadEvent {
    let event: unknown
    try {
      event = JSON.parse(text)
    } catch {
      return misfit('it is no JSON', null)
    }
    const members = membersOf(event, section.columns)
    if (members === null) return misfit(section.columns === null ? 'it is no object' : 'it does not have the columns that it names', null)
    return this.#readMembers(members)
  }

  #readMembers(members: ReadonlyMap<string, unknown>): ReadEvent {
    const { columns } = this.#declared.schema
    const values: (Value | undefined)[] = []
    const problems: string[] = []
    for (const [at, { name, nullable }] of columns.entries()) {
      const json = members.get(name)
      if (json === undefined || json === null) {
        if (!nullable) problems.push(`${name} is missing`)
        values.push(nullable ? null : undefined)
        continue
      }
      try {
        values.push((this.#cells[at] as CellReader)(json))
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        problems.push(`${name}: ${error.details['what']}`)
        values.push(undefined)
      }
    }
    if (this.#declared.unknownMembers === 'park') {
      for (const name of members.keys()) if (!this.#names.has(name)) problems.push(`there is no column ${name}`)
    }
    if (problems.length === 0) return { fits: true, values: values as Value[] }
    return { fits: false, reason: problems.join('; ').slice(0, REASON_LETTERS_MAX), row: rowOf(members), values }
  }
}

/** By name, whichever way the event was written. */
function membersOf(event: unknown, columns: readonly string[] | null): ReadonlyMap<string, unknown> | null {
  if (columns === null) {
    const isObject = typeof event === 'object' && event !== null && !Array.isArray(event)
    return isObject ? new Map(Object.entries(event)) : null
  }
  if (!Array.isArray(event) || event.length !== columns.length) return null
  return new Map(columns.map((name, at) => [name, event[at] as unknown]))
}

function misfit(reason: string, row: ParkedRow | null): ReadEvent {
  return { fits: false, reason, row, values: [] }
}

/** An event as a row by name, whether or not it fits; null where it is none. */
export function readRow({ text, section }: BodyEvent): ParkedRow | null {
  try {
    const members = membersOf(JSON.parse(text), section.columns)
    return members === null ? null : rowOf(members)
  } catch {
    return null
  }
}

/** What is a value stays one; what is more than that becomes its JSON. */
function rowOf(members: ReadonlyMap<string, unknown>): ParkedRow {
  return Object.fromEntries(
    [...members].map(([name, value]): [string, JsonValue] => [
      name,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as JsonValue),
    ]),
  )
}
