export { type Agent, createAgent } from './agent.ts'
export { AgentError } from './agent-error.ts'
export type { AgentOptions, AgentStats, Drop, DropReason, Problem, ProblemKind } from './options.ts'
