export { defineProject, env, file, postgres, webhook } from './config/define.ts'
export { Engine, type EngineOptions } from './engine/engine.ts'
export { loadProject, type Project } from './config/project.ts'
export type { ProjectConfig } from '@millrace/core'
