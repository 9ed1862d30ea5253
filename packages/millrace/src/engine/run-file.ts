import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/** What a running process leaves beside its store, so that `status` and `deliveries` can find it. */
export interface RunFile {
  readonly pid: number
  readonly url: string
  readonly startedMs: number
}

export function writeRunFile(storePath: string, run: RunFile): void {
  writeFileSync(runFilePath(storePath), JSON.stringify(run))
}

export function removeRunFile(storePath: string): void {
  rmSync(runFilePath(storePath), { force: true })
}

/** The running process, or null; a file that a killed process left behind counts as nothing. */
export function readRunFile(storePath: string): RunFile | null {
  try {
    const run = JSON.parse(readFileSync(runFilePath(storePath), 'utf8')) as RunFile
    process.kill(run.pid, 0)
    return run
  } catch {
    return null
  }
}

function runFilePath(storePath: string): string {
  return `${storePath}.run.json`
}
