import type { LogsSource, StreamDefinition } from '@millrace/core'
import { LogRowReader } from './log-row-reader.ts'

export interface LogsPlace {
  readonly name: string
  readonly config: LogsSource
  readonly folder: string
}

export function logStream(name: string, { stream = 'lines' }: LogsSource): string {
  return `${name}.${stream}`
}

/** The one stream of a source of logs; its types are declared, so no file needs to be there. */
export function discoverLogs({ name, config }: Pick<LogsPlace, 'name' | 'config'>): StreamDefinition[] {
  return [{ name: logStream(name, config), kind: 'table', schema: new LogRowReader(name, config).schema, partitions: 1 }]
}
