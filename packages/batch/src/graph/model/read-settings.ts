/** The header of a model's file: `-- @name value` in the line comments above its SQL. */
import { MillraceError } from '@millrace/base'
import { readBudget } from './budget.ts'
import {
  foldedName,
  type FolderSettings,
  INTERVAL_UNITS,
  type IntervalUnit,
  type Materialization,
  MATERIALIZATIONS,
  type ModelSettings,
} from './model.ts'

interface Setting {
  readonly name: string
  readonly value: string
  readonly line: number
}

export interface HeaderSource {
  readonly file: string
  readonly sql: string
  readonly folder: FolderSettings
}

type Draft = { -readonly [Name in keyof ModelSettings]: ModelSettings[Name] }

const READERS: Readonly<Record<string, (draft: Draft, value: string) => string | null>> = {
  materialize: (draft, value) => {
    if (!MATERIALIZATIONS.includes(value as Materialization)) return `'${value}' is none of ${MATERIALIZATIONS.join(', ')}`
    draft.materialize = value as Materialization
    return null
  },
  engine: (draft, value) => {
    draft.engine = value === 'duckdb' ? null : value
    return /^[a-z][a-z0-9_]*$/.test(value) ? null : 'it is the name of one of `engines` in millrace.config.ts, or duckdb'
  },
  tags: (draft, value) => {
    draft.tags = [...new Set([...draft.tags, ...listOf(value)])]
    return value === '' ? 'it names no tag' : null
  },
  key: (draft, value) => {
    draft.key = listOf(value).map(unquoted)
    return draft.key.length === 0 ? 'it names no column' : null
  },
  interval: (draft, value) => {
    const [column, unit, ...rest] = value.split(/\s+/)
    if (column === undefined || rest.length > 0 || !INTERVAL_UNITS.includes(unit as IntervalUnit))
      return `'${value}' is not a column and one of ${INTERVAL_UNITS.join(', ')}`
    draft.interval = { column: unquoted(column), unit: unit as IntervalUnit }
    return null
  },
  partition_by: (draft, value) => {
    draft.partitionBy = listOf(value).map(unquoted)
    return draft.partitionBy.length === 0 ? 'it names no column' : null
  },
  cluster_by: (draft, value) => {
    draft.clusterBy = listOf(value).map(unquoted)
    return draft.clusterBy.length === 0 ? 'it names no column' : null
  },
  budget: (draft, value) => {
    const budget = readBudget(value)
    if (typeof budget === 'string') return budget
    draft.budget = { ...draft.budget, ...budget }
    return null
  },
  disabled: (draft, value) => {
    draft.disabled = value
    return value === '' ? 'it says no reason' : null
  },
}

/** Raises MODEL_SETTING_INVALID for the first setting that cannot be meant. */
export function readSettings({ file, sql, folder }: HeaderSource): ModelSettings {
  const { materialize = 'live', engine = null, tags = [], budget = {} } = folder
  const draft: Draft = { materialize, engine, tags, budget, key: [], interval: null, partitionBy: [], clusterBy: [], disabled: null }
  const seen = new Set<string>()
  for (const { name, value, line } of headerOf(sql)) {
    const refuse = (problem: string): MillraceError =>
      new MillraceError('MODEL_SETTING_INVALID', { details: { file, line, name, problem } })
    const read = READERS[name]
    if (read === undefined) throw refuse(`there is no such setting; there are ${Object.keys(READERS).join(', ')}`)
    if (seen.has(name)) throw refuse('it stands there twice')
    seen.add(name)
    const problem = read(draft, value)
    if (problem !== null) throw refuse(problem)
  }
  // On a server nothing is kept live, so that a model which says no more than that it stays there is a table.
  const isSaid = seen.has('materialize') || (folder.materialize !== undefined && folder.engine !== undefined)
  if (draft.engine !== null && !isSaid) draft.materialize = 'table'
  const missing = missingSetting(draft)
  if (missing !== null)
    throw new MillraceError('MODEL_SETTING_INVALID', { details: { file, line: settingLine(sql, missing.name), ...missing } })
  return draft
}

function missingSetting(draft: Draft): { name: string; problem: string } | null {
  const { materialize, interval, key, engine, budget } = draft
  if (engine !== null && materialize === 'live')
    return { name: 'engine', problem: `a model that stays on ${engine} is computed by runs, and not live` }
  if (engine !== null && budget.memoryMb !== undefined)
    return {
      name: 'budget',
      problem: `of a model that stays on ${engine} there are seconds, rows and spill_mb`,
    }
  if (materialize !== 'incremental' && interval !== null) return { name: 'interval', problem: 'only an incremental model has one' }
  if (materialize === 'incremental' && interval === null && key.length === 0)
    return { name: 'materialize', problem: 'incremental needs `@key a, b` or `@interval column day`' }
  if (interval !== null && key.length > 0)
    return { name: 'key', problem: 'rows are kept by interval or by key, and @interval stands there too' }
  if (materialize === 'snapshot' && key.length === 0) return { name: 'materialize', problem: 'snapshot needs `@key a, b`' }
  if (namesTwice(key)) return { name: 'key', problem: 'it names a column twice' }
  return wrongLayout(draft)
}

function wrongLayout({ materialize, engine, partitionBy, clusterBy }: Draft): { name: string; problem: string } | null {
  for (const [name, columns] of [['partition_by', partitionBy] as const, ['cluster_by', clusterBy] as const]) {
    if (columns.length > 0 && engine !== null) return { name, problem: `a model that stays on ${engine} has no files to lay out` }
    if (columns.length > 0 && (materialize === 'view' || materialize === 'live'))
      return { name, problem: `a model that is a ${materialize === 'view' ? 'view' : 'live one'} has no files to lay out` }
    if (namesTwice(columns)) return { name, problem: 'it names a column twice' }
  }
  const both = clusterBy.find((column) => partitionBy.some((other) => foldedName(other) === foldedName(column)))
  return both === undefined ? null : { name: 'cluster_by', problem: `within a partition all rows have one ${both}` }
}

function namesTwice(columns: readonly string[]): boolean {
  return new Set(columns.map(foldedName)).size < columns.length
}

/** The line on which a file's header says something; the first where its folder does. */
export function settingLine(sql: string, name: string): number {
  return headerOf(sql).find((setting) => setting.name === name)?.line ?? 1
}

/** Only comment lines and blank ones above the first word of SQL. */
function headerOf(sql: string): Setting[] {
  const found: Setting[] = []
  let line = 0
  for (const text of sql.split('\n', HEADER_LINES_LIMIT)) {
    line += 1
    const trimmed = text.trim()
    if (trimmed !== '' && !trimmed.startsWith('--')) break
    const setting = /^--\s*@(\w+)\s*(.*)$/.exec(trimmed)
    if (setting !== null) found.push({ name: setting[1] as string, value: (setting[2] as string).trim(), line })
  }
  return found
}

const HEADER_LINES_LIMIT = 1000

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function unquoted(name: string): string {
  return name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}
