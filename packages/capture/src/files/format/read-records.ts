/** The door to all formats whose files are read from their beginning to their end. */
import { readCsv } from './csv/read-csv.ts'
import { readFixedWidth } from './fixed/read-fixed-width.ts'
import { readJsonLines } from './json/read-json-lines.ts'
import type { ReadOrder, RecordParts } from './record-reader.ts'

export { declaredSchemas } from './schema-of-format.ts'

export function readRecords(order: ReadOrder): RecordParts {
  const { format } = order
  switch (format.type) {
    case 'csv':
      return readCsv(order, format)
    case 'json-lines':
      return readJsonLines(order, format)
    case 'fixed-width':
      return readFixedWidth(order, format)
  }
}
