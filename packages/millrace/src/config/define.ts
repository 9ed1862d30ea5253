import type { AgentSource, PostgresSource, ProjectConfig, SecretReference, WebhookDelivery } from '@millrace/core'

/** Names what is in `millrace.config.ts`, with types as you write. Export its result as the default. */
export function defineProject(config: ProjectConfig): ProjectConfig {
  return config
}

/** Events that applications send with the library `@millrace/agent`. */
export function agent(source: Omit<AgentSource, 'kind'>): AgentSource {
  return { kind: 'agent', ...source }
}

/** A database to follow. */
export function postgres(source: Omit<PostgresSource, 'kind'>): PostgresSource {
  return { kind: 'postgres', ...source }
}

/** An address that is told each change, signed. */
export function webhook(delivery: Omit<WebhookDelivery, 'kind'>): WebhookDelivery {
  return { kind: 'webhook', ...delivery }
}

/** A secret in an environment variable; it is read when it is needed, never kept. */
export function env(name: string): SecretReference {
  return { secret: 'env', name }
}

/** A secret in a file, as orchestrators mount them; read again each time, so that it can rotate. */
export function file(path: string): SecretReference {
  return { secret: 'file', path }
}
