import { discoverTables, inspectPostgres, PostgresCapture } from '@millrace/capture'
import type { PostgresSource } from '@millrace/core'
import type { SourceKind } from './source-kind.ts'

export const postgresKind: SourceKind<PostgresSource> = {
  label: 'Postgres',
  discover: ({ name, config }) => discoverTables({ name, config }),
  stage: (context) => new PostgresCapture(context),
  examine: inspectPostgres,
}
