/** Which columns of which tables are captured, and how they are masked: the settings, made ready to ask. */
import { createHmac } from 'node:crypto'
import { MillraceError } from '@millrace/base'
import type { PostgresColumns, PostgresSource, Schema } from '@millrace/core'
import { resolveSecret } from '@millrace/guard'
import { type TableName, type TablePattern, tablePattern } from '../catalog/table-pattern.ts'
import { keepsIdentity, type Mask, maskOf } from './mask.ts'

export interface ColumnSelection {
  takes(column: string): boolean
  mask(column: string): Mask | null
  /** Differs where the same row would be captured differently: kept with the table, so that a change is found. */
  readonly fingerprint: string
  readonly isPartial: boolean
}

export interface Selection {
  readonly of: (table: TableName) => ColumnSelection
  /** Raises CONFIG_INVALID for columns that the table has not, and for keys that would not tell rows apart. */
  readonly check: (table: TableName, columns: readonly string[], key: readonly string[]) => void
}

const WHOLE: ColumnSelection = { takes: () => true, mask: () => null, fingerprint: '', isPartial: false }

interface Rule {
  readonly pattern: TablePattern
  readonly settings: PostgresColumns
}

/** Reads the key of the hashes anew, as each connection reads the password. */
export async function openSelection(source: string, config: PostgresSource): Promise<Selection> {
  const rules = Object.entries(config.columns ?? {}).map(([text, settings]): Rule => ({
    pattern: tablePattern(text, { schemaless: 'public' }),
    settings,
  }))
  const hashed = rules.find(({ settings }) => Object.values(settings.mask ?? {}).includes('hash'))
  if (hashed !== undefined && config.maskKey === undefined) {
    throw invalid(source, 'maskKey', `is missing, and \`columns.${hashed.pattern.text}\` hashes`)
  }
  const key = hashed === undefined || config.maskKey === undefined ? null : await resolveSecret(config.maskKey)
  // Exact names go before patterns.
  const ordered = [...rules.filter(({ pattern }) => pattern.isExact), ...rules.filter(({ pattern }) => !pattern.isExact)]
  const ruleOf = (table: TableName): Rule | undefined => ordered.find(({ pattern }) => pattern.matches(table))
  const known = new Map(ordered.map((rule) => [rule, columnSelection(rule.settings, key)]))
  return {
    of: (table) => {
      const rule = ruleOf(table)
      return (rule === undefined ? undefined : known.get(rule)) ?? WHOLE
    },
    check: (table, columns, keyColumns) => {
      const rule = ruleOf(table)
      if (rule !== undefined) checkRule(source, rule, { columns, key: keyColumns })
    },
  }
}

function columnSelection({ include, exclude, mask }: PostgresColumns, key: string | null): ColumnSelection {
  const masks = new Map(Object.entries(mask ?? {}).map(([column, setting]) => [column, maskOf(setting, key)]))
  // A hash of the key's own: it tells that the key changed, and nothing of it.
  const proof = key === null ? null : createHmac('sha256', key).update('millrace').digest('hex').slice(0, 16)
  return {
    takes: (column) => (include === undefined || include.includes(column)) && exclude?.includes(column) !== true,
    mask: (column) => masks.get(column) ?? null,
    fingerprint: mask === undefined ? '' : JSON.stringify([Object.entries(mask).sort(([left], [right]) => (left < right ? -1 : 1)), proof]),
    isPartial: include !== undefined || exclude !== undefined,
  }
}

function checkRule(source: string, { pattern, settings }: Rule, table: { columns: readonly string[]; key: readonly string[] }): void {
  const place = `columns.${pattern.text}`
  const { include = [], exclude = [], mask = {} } = settings
  const named = [...include, ...exclude, ...Object.keys(mask)]
  const unknown = named.find((column) => !table.columns.includes(column))
  // A pattern speaks of many tables, not each of which has every column.
  if (pattern.isExact && unknown !== undefined) throw invalid(source, place, `names the column '${unknown}', which the table has not`)
  for (const column of table.key) {
    const setting = mask[column]
    if (exclude.includes(column) || (settings.include !== undefined && !include.includes(column)))
      throw invalid(source, place, `leaves out '${column}', which is part of the key`)
    if (setting !== undefined && !keepsIdentity(setting))
      throw invalid(
        source,
        place,
        `masks '${column}', which is part of the key, in a way that makes unlike rows alike; only 'hash' may stand there`,
      )
  }
}

function invalid(source: string, setting: string, problem: string): MillraceError {
  const place = `\`sources.${source}.${setting}\``
  return new MillraceError('CONFIG_INVALID', { details: { file: 'millrace.config.ts', problem: `${place} ${problem}`, place } })
}

/** The masks in the order of a schema's columns; null where none is masked. */
export function masksOf(schema: Schema, columns: ColumnSelection): readonly (Mask | null)[] | null {
  const masks = schema.columns.map(({ name }) => columns.mask(name))
  return masks.some((mask) => mask !== null) ? masks : null
}
