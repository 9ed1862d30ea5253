import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Child {
  readonly file: string
  readonly flags: readonly string[]
  readonly order: object
  /** A program that starts this one, and its words: it says which cores it has. */
  readonly before?: readonly string[]
}

/** Runs a measured process to its end: its order is its argument, its result the last line that it prints. Its stderr is ours to see. */
export function runChild<Result>({ file, flags, order, before = [] }: Child): Promise<Result> {
  return new Promise((resolve, reject) => {
    const [program, ...words] = [...before, process.execPath, ...flags, file, JSON.stringify(order)]
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] })
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
