import type { ChildProcess } from 'node:child_process'

/** The code with which the process ends, or has ended; null where a signal ended it. This process waits for it. */
export function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  child.ref()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
}
