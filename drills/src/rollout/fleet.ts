/** The processes that hold the agents, as the drill sees them: one fleet. */
import { assert } from '@millrace/base'
import { type ChildProcess, spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { FleetEnd, FleetOrder, FleetState, FromFleet, ToFleet } from './fleet-message.ts'

const PROGRAM = fileURLToPath(new URL('./fleet-process.ts', import.meta.url))
const READY_LIMIT_MS = 30_000

interface Member {
  readonly child: ChildProcess
  isReady: boolean
  state: FleetState | null
  end: FleetEnd | null
}

export interface FleetView {
  readonly heard: number
  readonly lastHeardMs: number
  readonly learnt: number
  readonly learntAnew: number
  readonly retries: number
}

export class Fleet {
  readonly #members: readonly Member[]

  private constructor(orders: readonly FleetOrder[]) {
    this.#members = orders.map((order) => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, JSON.stringify(order)], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      // The agents are other machines' work: here they give way to the server.
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
      const member: Member = { child, isReady: false, state: null, end: null }
      child.on('message', (message: FromFleet) => {
        if (message.kind === 'ready') member.isReady = true
        else if (message.kind === 'state') member.state = message
        else member.end = message
      })
      return member
    })
  }

  static async start(orders: readonly FleetOrder[]): Promise<Fleet> {
    const fleet = new Fleet(orders)
    await fleet.#until(() => fleet.#members.every(({ isReady }) => isReady), READY_LIMIT_MS)
    return fleet
  }

  view(): FleetView {
    const states = this.#members.flatMap(({ state }) => (state === null ? [] : [state]))
    const sum = (name: 'heard' | 'learnt' | 'learntAnew' | 'retries'): number => states.reduce((total, state) => total + state[name], 0)
    return {
      heard: sum('heard'),
      lastHeardMs: Math.max(0, ...states.map(({ lastHeardMs }) => lastHeardMs)),
      learnt: sum('learnt'),
      learntAnew: sum('learntAnew'),
      retries: sum('retries'),
    }
  }

  tell(message: ToFleet): void {
    for (const { child } of this.#members) child.send(message)
  }

  /** In the order of the agents' numbers. */
  async end(limitMs: number): Promise<readonly FleetEnd[]> {
    this.tell({ kind: 'end' })
    await this.#until(() => this.#members.every(({ end }) => end !== null), limitMs)
    return this.#members.flatMap(({ end }) => (end === null ? [] : [end]))
  }

  /** True once it is so; false if it is not in time. */
  async reaches(isSo: (view: FleetView) => boolean, limitMs: number): Promise<boolean> {
    const endMs = performance.now() + limitMs
    while (!isSo(this.view())) {
      if (performance.now() > endMs) return false
      await sleep(50)
    }
    return true
  }

  kill(): void {
    for (const { child } of this.#members) child.kill('SIGKILL')
  }

  async #until(isSo: () => boolean, limitMs: number): Promise<void> {
    const endMs = performance.now() + limitMs
    while (!isSo()) {
      assert(performance.now() < endMs, 'the fleet answers in time')
      await sleep(20)
    }
  }
}
