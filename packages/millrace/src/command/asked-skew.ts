/** What `millrace skew` is asked: which engine, how many shards, which keys. */
import { ENGINES, type ShardEngine } from '@millrace/batch'
import { MillraceError } from '@millrace/base'
import type { CommandContext, OptionDefinition } from '../cli/command.ts'

const SHARDS_DEFAULT = 16
const SHARDS_MAX = 4096
const TOP_DEFAULT = 5
const SECONDS_DEFAULT = 300
const ROWS_DEFAULT = 10_000

export const KEY_OPTIONS = {
  shards: { type: 'number', value: 'N', summary: `over how many shards to spread; default ${SHARDS_DEFAULT}` },
  engine: { type: 'text', value: 'NAME', summary: `whose hash places the rows: ${ENGINES.join(', ')}; default postgres` },
  key: { type: 'text', value: 'A,B', summary: 'only this key, of one or more columns; default: each that may serve' },
  top: { type: 'number', value: 'N', summary: `tell the N most frequent values; default ${TOP_DEFAULT}` },
} as const satisfies Readonly<Record<string, OptionDefinition>>

export const LIMIT_OPTIONS = {
  rows: { type: 'number', value: 'N', summary: `with --graph: leave out relations of fewer rows; default ${ROWS_DEFAULT}` },
  seconds: { type: 'number', value: 'N', summary: `with --graph: count nothing more after N seconds; default ${SECONDS_DEFAULT}` },
} as const satisfies Readonly<Record<string, OptionDefinition>>

export interface AskedSkew {
  readonly engine: ShardEngine
  readonly shards: number
  readonly top: number
  readonly keys: readonly (readonly string[])[] | undefined
  readonly rowsLeast: number
  readonly secondsLimit: number
}

export function askedSkew(options: CommandContext['options']): AskedSkew {
  const engine = ENGINES.find((name) => name === (options['engine'] ?? 'postgres'))
  if (engine === undefined) throw skewUsage(`There is no engine '${String(options['engine'])}'; known are ${ENGINES.join(', ')}.`)
  const shards = Number(options['shards'] ?? SHARDS_DEFAULT)
  if (!Number.isInteger(shards) || shards < 2 || shards > SHARDS_MAX)
    throw skewUsage(`--shards takes a whole number from 2 to ${SHARDS_MAX}.`)
  const top = Number(options['top'] ?? TOP_DEFAULT)
  if (!Number.isInteger(top) || top < 0) throw skewUsage('--top takes a whole number from 0.')
  const rowsLeast = Number(options['rows'] ?? ROWS_DEFAULT)
  if (!(rowsLeast >= 0)) throw skewUsage('--rows takes a number from 0.')
  const secondsLimit = Number(options['seconds'] ?? SECONDS_DEFAULT)
  if (!(secondsLimit >= 0)) throw skewUsage('--seconds takes a number from 0.')
  const key = options['key']
  if (key !== undefined && options['graph'] === true)
    throw skewUsage('--key is for a stream or a model; --graph takes the keys that models use.')
  const keys = typeof key === 'string' ? [key.split(',').map((name) => name.trim())] : undefined
  return { engine, shards, top, keys, rowsLeast, secondsLimit }
}

export function skewUsage(problem: string): MillraceError {
  return new MillraceError('USAGE', { details: { problem, command: 'skew' } })
}

export function checkColumns(
  { name, columns }: { readonly name: string; readonly columns: readonly string[] },
  keys: readonly (readonly string[])[],
): void {
  for (const column of keys.flat()) {
    if (!columns.some((each) => each.toLowerCase() === column.toLowerCase()))
      throw skewUsage(`${name} has no column '${column}'; it has ${columns.join(', ')}.`)
  }
}
