import type {
  AgentSource,
  CsvFormat,
  EndpointConfig,
  FilesSource,
  FixedWidthFormat,
  JsonLinesFormat,
  LogsSource,
  MysqlSource,
  ParquetFormat,
  PostgresSource,
  ProjectConfig,
  SecretReference,
  WebhookDelivery,
} from '@millrace/core'

/** Names what is in `millrace.config.ts`, with types as you write. Export its result as the default. */
export function defineProject(config: ProjectConfig): ProjectConfig {
  return config
}

/** Events that applications send with the library `@millrace/agent`. */
export function agent(source: Omit<AgentSource, 'kind'>): AgentSource {
  return { kind: 'agent', ...source }
}

/** A database of MySQL or MariaDB to follow by its row binlog. */
export function mysql(source: Omit<MysqlSource, 'kind'>): MysqlSource {
  return { kind: 'mysql', ...source }
}

/** A database to follow. */
export function postgres(source: Omit<PostgresSource, 'kind'>): PostgresSource {
  return { kind: 'postgres', ...source }
}

/** Files in a folder or in a bucket of any store that speaks S3. */
export function files(source: Omit<FilesSource, 'kind'>): FilesSource {
  return { kind: 'files', ...source }
}

/** Log files, followed as they grow and rotate. */
export function logs(source: Omit<LogsSource, 'kind'>): LogsSource {
  return { kind: 'logs', ...source }
}

/** Of `files`: values between commas, or whatever stands there instead. */
export function csv(format: Omit<CsvFormat, 'type'> = {}): CsvFormat {
  return { type: 'csv', ...format }
}

/** Of `files`: one JSON object a line. */
export function jsonLines(format: Omit<JsonLinesFormat, 'type'> = {}): JsonLinesFormat {
  return { type: 'json-lines', ...format }
}

/** Of `files`: fields at fixed places of a record, as mainframes and banks write them. */
export function fixedWidth(format: Omit<FixedWidthFormat, 'type'>): FixedWidthFormat {
  return { type: 'fixed-width', ...format }
}

/** Of `files`: Apache Parquet. */
export function parquet(format: Omit<ParquetFormat, 'type'> = {}): ParquetFormat {
  return { type: 'parquet', ...format }
}

/** An address that is told each change, signed. */
export function webhook(delivery: Omit<WebhookDelivery, 'kind'>): WebhookDelivery {
  return { kind: 'webhook', ...delivery }
}

/** A question about a live model, asked over HTTP by its name in `endpoints`, with typed parameters. */
export function endpoint(question: EndpointConfig): EndpointConfig {
  return question
}

/** A secret in an environment variable; it is read when it is needed, never kept. */
export function env(name: string): SecretReference {
  return { secret: 'env', name }
}

/** A secret in a file, as orchestrators mount them; read again each time, so that it can rotate. */
export function file(path: string): SecretReference {
  return { secret: 'file', path }
}
