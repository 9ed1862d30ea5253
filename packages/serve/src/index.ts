export type * from './api.ts'
export { INTENT_HEADER } from './gatekeeper.ts'
export { type RunningServer, type ServerOptions, startServer } from './server.ts'
