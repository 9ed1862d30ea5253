import type { SourceConfig } from '@millrace/core'
import { agentKind } from './agent.ts'
import { filesKind } from './files.ts'
import { logsKind } from './logs.ts'
import { mysqlKind } from './mysql.ts'
import { postgresKind } from './postgres.ts'
import type { SourceKind } from './source-kind.ts'

/** By the `kind` that a configuration names. */
const KINDS: { readonly [Kind in SourceConfig['kind']]: SourceKind<Extract<SourceConfig, { kind: Kind }>> } = {
  agent: agentKind,
  files: filesKind,
  logs: logsKind,
  mysql: mysqlKind,
  postgres: postgresKind,
}

/** The kind of a source, which takes only configurations of that kind. */
export function kindOf(config: SourceConfig): SourceKind<SourceConfig> {
  return KINDS[config.kind]
}
