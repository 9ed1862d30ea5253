/** How things are named on the server. */
import { hashOf } from '@millrace/batch/graph'
import { quoteIdentifier } from '@millrace/sql/text'

/** The schema in which all versions of one catalogue lie. */
export function versionsSchema(identity: string): string {
  return `millrace_${identity}`
}

/** The schema in which one environment is read. */
export function environmentSchema(base: string, environment: string): string {
  return `${base}_${environment}`.slice(0, NAME_BYTES_MAX)
}

/** Tells which run made it, so that what a killed one left is known by its name. */
export function versionTable({ name, run, key }: { readonly name: string; readonly run: number; readonly key: string }): string {
  return `r${run}_${hashOf(name, key).slice(0, 12)}_${name}`.slice(0, NAME_BYTES_MAX)
}

/** The run that made a version's table; null for a table of another name. */
export function runOfTable(table: string): number | null {
  const run = /^r(\d+)_[0-9a-f]{12}_/.exec(table)?.[1]
  return run === undefined ? null : Number(run)
}

export function qualified(schema: string, table: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`
}

const NAME_BYTES_MAX = 63
