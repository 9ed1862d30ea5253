/**
 * Proves the live models against batch, again and again, in a thread of its own (law 3). The pause after
 * a proof grows with its cost, so that proving never takes more than a small share of the machine.
 */
import { type Clock, describeError, MillraceError } from '@millrace/base'
import type { BoundModel } from '@millrace/sql'
import { type Proof, proveInThread } from '@millrace/prove'
import type { ProofState } from '@millrace/serve'

/** A proof may take at most this share of the time: after one second of proof, nine of rest. */
const SHARE_OF_TIME_MAX = 0.1
const FIRST_PAUSE_MS = 2000

export interface ProofsOptions {
  readonly models: readonly BoundModel[]
  readonly storePath: string
  readonly clock: Clock
  readonly pauseMs: number
  readonly onFailure: (error: MillraceError) => void
}

export class Proofs {
  readonly #options: ProofsOptions
  readonly #states = new Map<string, ProofState>()
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: ProofsOptions) {
    this.#options = options
    for (const { name } of options.models) this.#states.set(name, never(name))
  }

  states(): readonly ProofState[] {
    return [...this.#states.values()]
  }

  state(model: string): ProofState {
    const state = this.#states.get(model)
    if (state === undefined) throw new MillraceError('STREAM_UNKNOWN', { details: { name: model } })
    return state
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, models, pauseMs } = this.#options
    // Soon after the start, when snapshot and first filling end, a proof is news; later it is routine.
    for (let round = 0; !signal.aborted; round += 1) {
      const startedMs = clock.monotonicMs()
      for (const { name } of models) {
        if (signal.aborted) return
        await this.prove(name, signal).catch((error: unknown) => this.#tell(error, signal))
      }
      const tookMs = clock.monotonicMs() - startedMs
      const rest = Math.min(pauseMs, FIRST_PAUSE_MS * 2 ** Math.min(round, 16))
      await clock.sleep(Math.max(rest, tookMs / SHARE_OF_TIME_MAX), signal).catch(() => undefined)
    }
  }

  /** One proof at a time: each takes a thread and its own bounded memory. */
  prove(model: string, signal?: AbortSignal): Promise<ProofState> {
    const result = this.#queue.then(() => this.#proveNow(model, signal))
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #proveNow(model: string, signal?: AbortSignal): Promise<ProofState> {
    const before = this.state(model)
    this.#states.set(model, { ...before, verdict: before.verdict === 'never' ? 'running' : before.verdict })
    try {
      const proof = await proveInThread({
        storePath: this.#options.storePath,
        models: this.#options.models,
        model,
        ...(signal === undefined ? {} : { signal }),
      })
      const state = stateOf(proof, this.#options.clock.nowMs())
      this.#states.set(model, state)
      return state
    } catch (error) {
      this.#states.set(model, before)
      throw error
    }
  }

  #tell(error: unknown, signal: AbortSignal): void {
    // A model that is being filled has nothing to compare yet, and the verdict `never` says so.
    if (signal.aborted || (error instanceof MillraceError && error.code === 'PROOF_NOT_LIVE')) return
    const known =
      error instanceof MillraceError ? error : new MillraceError('PROOF_FAILED', { details: { what: describeError(error) }, cause: error })
    this.#options.onFailure(known)
  }
}

function never(model: string): ProofState {
  return { model, verdict: 'never', atMs: null, cut: null, rows: null, differentRows: null, tookMs: null, ties: [] }
}

function stateOf(proof: Proof, atMs: number): ProofState {
  return {
    model: proof.model,
    verdict: proof.verdict,
    atMs,
    cut: proof.cut,
    rows: proof.rows.batch,
    differentRows: proof.differentRows,
    tookMs: Math.round(proof.ms),
    ties: proof.ties,
  }
}
