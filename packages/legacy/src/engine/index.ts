export { postgresEngine } from './postgres-engine.ts'
