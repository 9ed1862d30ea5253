/** Whether a model has the columns that its header keeps it by. */
import { MillraceError } from '@millrace/base'
import { foldedName, type GraphModel, HISTORY_COLUMNS } from '../model/model.ts'
import type { Layout } from '../model/layout.ts'
import { settingLine } from '../model/read-settings.ts'
import { storedType } from '../run/stored-type.ts'
import type { GraphColumn } from './checked-graph.ts'

/** Of the columns of its SQL; null where they will do. */
export function keptColumnsError(model: GraphModel, columns: readonly GraphColumn[]): MillraceError | null {
  const found = wrongSetting(model, columns)
  if (found === null) return null
  return new MillraceError('MODEL_SETTING_INVALID', {
    details: { file: model.file, line: settingLine(model.sql, found.name), ...found },
  })
}

const UNIT_TYPES = ['DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE']

function wrongSetting(
  { settings: { key, interval, materialize, partitionBy, clusterBy } }: GraphModel,
  columns: readonly GraphColumn[],
): Wrong | null {
  const typeOf = new Map(columns.map(({ name, type }) => [foldedName(name), type]))
  if (materialize === 'snapshot')
    for (const { name } of HISTORY_COLUMNS)
      if (typeOf.has(name)) return { name: 'materialize', problem: `a snapshot adds ${name}, and the SQL has a column of that name` }
  for (const column of key) if (!typeOf.has(foldedName(column))) return { name: 'key', problem: `the SQL has no column ${column}` }
  const layout = wrongLayout({ partitionBy, clusterBy }, materialize === 'snapshot' ? withHistory(typeOf) : typeOf)
  if (layout !== null || interval === null) return layout
  const type = typeOf.get(foldedName(interval.column))
  if (type === undefined) return { name: 'interval', problem: `the SQL has no column ${interval.column}` }
  if (!UNIT_TYPES.includes(type)) return { name: 'interval', problem: `${interval.column} is ${type}, not one of ${UNIT_TYPES.join(', ')}` }
  return type === 'DATE' && interval.unit === 'hour'
    ? { name: 'interval', problem: `${interval.column} is a DATE, which has no hours` }
    : null
}

/** Their text in the name of a folder is their value again. */
export const PARTITION_TYPES: ReadonlySet<string> = new Set(
  'VARCHAR BOOLEAN DATE TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT'.split(' '),
)

type Wrong = { readonly name: string; readonly problem: string }

function wrongLayout({ partitionBy, clusterBy }: Layout, typeOf: ReadonlyMap<string, string>): Wrong | null {
  for (const column of partitionBy) {
    const type = typeOf.get(foldedName(column))
    if (type === undefined) return { name: 'partition_by', problem: `the SQL has no column ${column}` }
    if (!PARTITION_TYPES.has(type))
      return { name: 'partition_by', problem: `${column} is ${type}; a folder's name can hold a text, a whole number, a date or a boolean` }
  }
  for (const column of clusterBy) {
    const type = typeOf.get(foldedName(column))
    if (type === undefined) return { name: 'cluster_by', problem: `the SQL has no column ${column}` }
    const problem = clusterProblem(type)
    if (problem !== null) return { name: 'cluster_by', problem: `${column} is ${type}, ${problem}` }
  }
  return null
}

function withHistory(typeOf: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...typeOf, ...HISTORY_COLUMNS.map(({ name, type }) => [name, type] as const)])
}

/** Why readers could not skip rows that are in the order of a column of this type; null where they can. */
export function clusterProblem(type: string): string | null {
  if (storedType(type) !== type) return 'which lies in Parquet as text'
  return /[[(]/.test(type) && !type.startsWith('DECIMAL(') ? 'of which Parquet knows no least and greatest' : null
}
