/**
 * What one schema may become without surprising its readers (law 4).
 *
 * Readers take columns by name. Two of them set the rules. A **reader of old batches** meets rows that were
 * written under any earlier schema and must see each of their values as a value of today's type, exactly. A
 * **live model** runs on while the schema changes under it, and keeps what it was bound to.
 *
 * - An added column that may be null is compatible: batches from before it read as null, and a model that
 *   does not name it meets nothing. One that may not be null would break its own promise in those batches.
 * - A number that became wider without loss (int32 to int64, decimal(10,2) to decimal(12,4), float32 to
 *   float64) is compatible: every old value is exactly a value of the new type. A live model that was bound
 *   to the narrower type stops with LIVE_SCHEMA_CHANGED at the first batch of the wider one, rather than
 *   hold a value that its own type has no room for, and is bound anew at the next start.
 * - Every other change of type breaks: the same bytes would mean something else (a date counts days, a
 *   timestamp microseconds), or an old value has no counterpart (a text that is no JSON).
 * - A column that is gone breaks whoever names it. A renamed one is one that is gone and another that came.
 * - The key is a row's identity: a change of it makes other rows of all that is kept by key.
 * - A column that may be null now surprises nobody here, because no reader rests on the opposite; one that
 *   may not be null any more does, for the old batches hold nulls.
 * - The order of columns and the names of their types at their source are for people: no change at all.
 */
import { type Column, columnIndex, type Schema, sameType, sqlNameOf } from '@millrace/core'
import { holdsEveryValueOf } from './wider-type.ts'

export interface SchemaFinding {
  /** The column that it is about; null where it is about the whole. */
  readonly column: string | null
  /** Completes "the column …" or "the table …": `was removed`, `was INTEGER and is VARCHAR`. */
  readonly what: string
  readonly breaking: boolean
}

export interface SchemaVerdict {
  readonly verdict: 'same' | 'compatible' | 'incompatible'
  readonly findings: readonly SchemaFinding[]
}

export function compareSchemas(before: Schema, after: Schema): SchemaVerdict {
  const findings = [
    ...goneColumns(before, after),
    ...keptColumns(before, after),
    ...addedColumns(before, after),
    ...keyChange(before, after),
  ]
  if (findings.length === 0) return { verdict: 'same', findings }
  return { verdict: findings.some(({ breaking }) => breaking) ? 'incompatible' : 'compatible', findings }
}

/** The findings as one sentence's part: "the column note was removed, the column size was INTEGER and is BIGINT". */
export function describeFindings(findings: readonly SchemaFinding[]): string {
  return findings.map(({ column, what }) => (column === null ? `the table ${what}` : `the column ${column} ${what}`)).join(', ')
}

function goneColumns(before: Schema, after: Schema): SchemaFinding[] {
  return before.columns.flatMap(({ name }, at) => {
    if (columnIndex(after, name) >= 0) return []
    const successor = renamedTo(before, after, at)
    return [{ column: name, what: successor === null ? 'was removed' : `was removed, or renamed to ${successor}`, breaking: true }]
  })
}

/** The one column of the same type that came, if there is just one. */
function renamedTo(before: Schema, after: Schema, at: number): string | null {
  const old = before.columns[at] as Column
  const came = after.columns.filter(({ name, type }) => columnIndex(before, name) < 0 && sameType(type, old.type))
  return came.length === 1 ? (came[0] as Column).name : null
}

function keptColumns(before: Schema, after: Schema): SchemaFinding[] {
  return before.columns.flatMap((old) => {
    const now = after.columns[columnIndex(after, old.name)]
    return now === undefined ? [] : [...typeChange(old, now), ...nullChange(old, now)]
  })
}

function typeChange(old: Column, now: Column): SchemaFinding[] {
  if (sameType(old.type, now.type)) return []
  const what = `was ${sqlNameOf(old.type)} and is ${sqlNameOf(now.type)}`
  return [{ column: old.name, what, breaking: !holdsEveryValueOf(now.type, old.type) }]
}

function nullChange(old: Column, now: Column): SchemaFinding[] {
  if (old.nullable === now.nullable) return []
  return now.nullable
    ? [{ column: old.name, what: 'may be null now', breaking: false }]
    : [{ column: old.name, what: 'may not be null any more, while earlier rows may hold nulls', breaking: true }]
}

function addedColumns(before: Schema, after: Schema): SchemaFinding[] {
  return after.columns.flatMap(({ name, nullable }): SchemaFinding[] => {
    if (columnIndex(before, name) >= 0) return []
    return nullable
      ? [{ column: name, what: 'was added', breaking: false }]
      : [{ column: name, what: 'was added and may not be null, while earlier rows lack it', breaking: true }]
  })
}

function keyChange(before: Schema, after: Schema): SchemaFinding[] {
  const old = keyNames(before)
  const now = keyNames(after)
  if (old.length === now.length && old.every((name, at) => now[at] === name)) return []
  return [{ column: null, what: `was identified by ${told(old)} and is by ${told(now)}`, breaking: true }]
}

function keyNames({ columns, key }: Schema): string[] {
  return key.map((at) => columns[at]?.name ?? '')
}

function told(names: readonly string[]): string {
  return names.length === 0 ? 'its whole row' : names.join(', ')
}
