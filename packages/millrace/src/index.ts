/** What a project's `millrace.config.ts` imports: small, so that every command loads it in no time. */
export { agent, defineProject, env, file, postgres, webhook } from './config/define.ts'
export type { ProjectConfig } from '@millrace/core'
