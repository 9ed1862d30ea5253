import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROCESS = fileURLToPath(new URL('./sql-printer-process.ts', import.meta.url))

/** Trees as SQL, one at a time; what ends the printer's process has no text. */
export class SqlPrinter {
  #child: ChildProcess | null = null

  async print(tree: string): Promise<string | null> {
    const child = (this.#child ??= fork(PROCESS, { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: 'ignore' }))
    const answered = Promise.withResolvers<string | null>()
    child.once('message', answered.resolve)
    child.once('exit', onExit)
    function onExit(): void {
      answered.resolve(null)
    }
    child.send(tree)
    const text = await answered.promise
    child.off('message', answered.resolve)
    child.off('exit', onExit)
    if (child.exitCode !== null || child.signalCode !== null) this.#child = null
    return text
  }

  async close(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
}
