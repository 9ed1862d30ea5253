/** Runs the command line as a user does, in a process of its own, inside a project made for one test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url))
const LAUNCHER = join(REPOSITORY, 'packages/millrace/bin/millrace.js')

/** A folder inside the repository, because a config imports `millrace` by name as any user's does. */
export function makeProject(files: Readonly<Record<string, string>>): { readonly folder: string; remove(): void } {
  const parent = join(REPOSITORY, '.millrace', 'tests')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'project-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
}

export class Run {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
  #stdout = ''
  #stderr = ''

  constructor(words: readonly string[], { folder, environment = {} }: RunOptions) {
    this.child = spawn(process.execPath, [LAUNCHER, ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...environment },
    })
    this.child.stdout?.on('data', (data: Buffer) => (this.#stdout += data.toString()))
    this.child.stderr?.on('data', (data: Buffer) => (this.#stderr += data.toString()))
    this.finished = new Promise((resolve) => {
      this.child.once('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr }))
    })
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Waits until what was printed holds the text; fails with what was printed if the process ends first. */
  async says(text: string): Promise<void> {
    let ended = false
    void this.finished.then(() => (ended = true))
    while (!this.#stdout.includes(text) && !this.#stderr.includes(text)) {
      if (ended) throw new Error(`It ended without saying '${text}':\n${this.#stdout}\n${this.#stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<Finished> {
    this.child.kill(signal)
    return this.finished
  }
}

export function runCli(words: readonly string[], options: RunOptions): Promise<Finished> {
  return new Run(words, options).finished
}
