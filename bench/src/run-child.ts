import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Child {
  readonly file: string
  readonly flags: readonly string[]
  readonly order: object
}

/** Runs a measured process to its end: its order is its argument, its result the last line that it prints. Its stderr is ours to see. */
export function runChild<Result>({ file, flags, order }: Child): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, file, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
    let result: Result | null = null
    createInterface({ input: child.stdout }).on('line', (line) => {
      result = JSON.parse(line) as Result
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (result === null || code !== 0) reject(new Error(`The bench's process ended with ${code}: ${JSON.stringify(order)}`))
      else resolve(result)
    })
  })
}
