/**
 * The folders of a partitioned version: `region=eu/day=2026-01-31/part.parquet`, as Hive named them first. The
 * columns stand in the file too, so a value that no folder's name can hold is merely not skipped unread.
 */
import type { GraphColumn } from '../check/checked-graph.ts'

/** DuckDB takes these for a value that is not there. */
const NOTHING = /^(?:|null|__hive_default_partition__)$/i
const PLAIN_NAME = /^\w+$/
/** File systems refuse a name of more than 255 bytes. */
const NAME_BYTES_LIMIT = 200
const FILE = 'part.parquet'

/** Below the version's own folder; `number` tells those apart whose values cannot be written. */
export function partitionPath(columns: readonly GraphColumn[], values: readonly (string | null)[], number: number): string {
  const parts = columns.map(({ name }, at) => partOf(name, values[at] ?? null))
  return parts.includes(null) ? `other-${number}/${FILE}` : `${parts.join('/')}/${FILE}`
}

function partOf(name: string, value: string | null): string | null {
  if (value === null || NOTHING.test(value) || !PLAIN_NAME.test(name)) return null
  const part = `${name}=${encoded(value)}`
  return part.length > NAME_BYTES_LIMIT ? null : part
}

/** Also what would be a pattern of several files, and the dots of `..`. */
function encoded(value: string): string {
  const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  return encodeURIComponent(value).replaceAll(/[!'()*.~]/g, hex)
}

/** The columns whose values a file's folders name. */
export function namedByFolders(file: string): readonly string[] {
  return file.split('/').flatMap((part) => (part.includes('=') ? [part.slice(0, part.indexOf('='))] : []))
}
