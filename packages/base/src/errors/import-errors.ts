/** Moving a legacy tree. */
import type { ErrorEntry } from './error-entry.ts'

export const IMPORT_ERRORS = {
  IMPORT_UNTRANSLATABLE: {
    summary: '{construct} cannot be translated exactly: {reason}.',
    hint: 'Write the model in DuckDB’s SQL in the file that `millrace import` left for it, and take its line `-- @disabled` away.',
    retry: 'after-fix',
    exit: 1,
  },
  IMPORT_NOTHING: {
    summary: 'The database {database} has no views in {schemas}.',
    hint: 'Name the schemas whose views are to be moved: `millrace import URL --schemas sales,finance`.',
    retry: 'after-fix',
    exit: 1,
  },
  IMPORT_FOLDER_NOT_EMPTY: {
    summary: 'The folder {folder} is not empty, and an import overwrites nothing.',
    hint: 'Name another folder: `millrace import URL --into FOLDER`.',
    retry: 'after-fix',
    exit: 64,
  },
} as const satisfies Record<string, ErrorEntry>
