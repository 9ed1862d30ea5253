import { discoverLogs, inspectLogs, LogsCapture } from '@millrace/capture'
import type { LogsSource } from '@millrace/core'
import type { SourceKind } from './source-kind.ts'

export const logsKind: SourceKind<LogsSource> = {
  label: 'log files',
  discover: (place) => Promise.resolve(discoverLogs(place)),
  stage: (context) => new LogsCapture(context),
  examine: inspectLogs,
}
