/** What a project's `millrace.config.ts` imports: small, so that every command loads it in no time. */
export {
  agent,
  csv,
  defineProject,
  endpoint,
  env,
  file,
  files,
  fixedWidth,
  jsonLines,
  logs,
  mysql,
  parquet,
  postgres,
  webhook,
} from './config/define.ts'
export type { ProjectConfig } from '@millrace/core'
