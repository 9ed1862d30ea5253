import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveRunner } from '@millrace/live'

/** A runner of one model, and how long it takes to a cut. */
export class RunningModel {
  readonly #runner: LiveRunner
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(runner: LiveRunner) {
    this.#runner = runner
    this.#done = runner.run(this.#stop.signal)
  }

  get stateRows(): number {
    return Number(this.#runner.observe()[0]?.evidence['stateRows'])
  }

  async reach(cut: number): Promise<{ readonly ms: number; readonly cpuMs: number }> {
    const [startMs, startCpu] = [performance.now(), process.threadCpuUsage()]
    for (;;) {
      const [state] = this.#runner.observe()
      if (state?.phase === 'failed') throw state.error ?? new Error('the model failed')
      if (state?.phase === 'running' && Number(state.evidence['cut']) >= cut && state.evidence['committing'] === false) break
      await Promise.race([sleep(1), this.#done])
    }
    const { user, system } = process.threadCpuUsage(startCpu)
    return { ms: performance.now() - startMs, cpuMs: (user + system) / 1000 }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }
}
