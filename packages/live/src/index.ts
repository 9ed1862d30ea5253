export { LiveRunner, type LiveRunnerOptions } from './runner/live-runner.ts'
