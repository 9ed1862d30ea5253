import type { SourceTarget } from '@millrace/capture'
import type { PostgresEngineConfig } from '@millrace/core'
import type { GraphModel, ServerCheck, ServerEngine, ServerRun, ServerRunOptions } from '@millrace/batch/graph'
import { checkModels } from './check-models.ts'
import { openRun } from './open-run.ts'
import { Session } from './session.ts'

const SCHEMA = 'millrace'

/** The engine of one server. It connects when it is asked, and holds nothing between. */
export function postgresEngine(name: string, config: PostgresEngineConfig): ServerEngine {
  const target: SourceTarget = { name, config }
  return {
    name,
    check: async (models: readonly GraphModel[]): Promise<ServerCheck> => {
      const session = await Session.open(target)
      try {
        return await checkModels(name, session, models)
      } catch (error) {
        throw session.failure(error)
      } finally {
        session.close()
      }
    },
    begin: async (options: ServerRunOptions): Promise<ServerRun> =>
      openRun({ ...options, engine: name, target, schema: config.schema ?? SCHEMA }),
  }
}
