import { discoverTables, inspectPostgres, openTableCopy, PostgresCapture } from '@millrace/capture'
import type { PostgresSource } from '@millrace/core'
import type { SourceKind } from './source-kind.ts'

export const postgresKind: SourceKind<PostgresSource> = {
  label: 'Postgres',
  discover: discoverTables,
  stage: (context) => new PostgresCapture(context),
  copy: ({ project, name, config }, stream, reader) => openTableCopy({ project, target: { name, config }, stream, reader }),
  examine: inspectPostgres,
}
