import type { FolderSettings, GraphModel } from '../model/model.ts'
import { readSettings } from '../model/read-settings.ts'

/** A model as its file would hold it; a table where its header says nothing. */
export function modelOf(name: string, sql: string, folder: FolderSettings = { materialize: 'table' }): GraphModel {
  const file = `models/${name}.sql`
  return { name, sql, file, settings: readSettings({ file, sql, folder }) }
}
