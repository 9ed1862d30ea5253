/** Whether a model has the columns that its header keeps it by. */
import { MillraceError } from '@millrace/base'
import { foldedName, type GraphModel, HISTORY_COLUMNS } from '../model/model.ts'
import { settingLine } from '../model/read-settings.ts'
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
  { settings: { key, interval, materialize } }: GraphModel,
  columns: readonly GraphColumn[],
): { name: string; problem: string } | null {
  const typeOf = new Map(columns.map(({ name, type }) => [foldedName(name), type]))
  if (materialize === 'snapshot')
    for (const { name } of HISTORY_COLUMNS)
      if (typeOf.has(name)) return { name: 'materialize', problem: `a snapshot adds ${name}, and the SQL has a column of that name` }
  for (const column of key) if (!typeOf.has(foldedName(column))) return { name: 'key', problem: `the SQL has no column ${column}` }
  if (interval === null) return null
  const type = typeOf.get(foldedName(interval.column))
  if (type === undefined) return { name: 'interval', problem: `the SQL has no column ${interval.column}` }
  if (!UNIT_TYPES.includes(type)) return { name: 'interval', problem: `${interval.column} is ${type}, not one of ${UNIT_TYPES.join(', ')}` }
  return type === 'DATE' && interval.unit === 'hour'
    ? { name: 'interval', problem: `${interval.column} is a DATE, which has no hours` }
    : null
}
