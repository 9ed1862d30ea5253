/**
 * How much the endpoint as a whole bears now. While it is silent or asks for less, nothing is sent; then
 * one request probes it, and each success doubles what is allowed, so that a recovered endpoint meets a
 * ramp and not the whole backlog. All times are monotonic.
 */
import { backoffMs, type Random } from '@millrace/base'
import type { Judgement } from './judgement.ts'
import type { DeliverLimits } from './limits.ts'

/** So many failures with no success between them close the endpoint: fewer where there was no answer at all. */
const UNREACHABLE_IN_ROW = 3
const REFUSED_IN_ROW = 32

export class Endpoint {
  readonly #limits: DeliverLimits
  readonly #random: Random
  #allowed: number
  #resumeMs = 0
  /** Failures of each sort since the last success. */
  #unreachable = 0
  #refused = 0
  /** Pauses since the last success: the exponent of the next one. */
  #pauses = 0

  constructor(limits: DeliverLimits, random: Random) {
    this.#limits = limits
    this.#random = random
    this.#allowed = limits.concurrency
  }

  /** Requests that may be in flight now. */
  allowed(nowMs: number): number {
    return nowMs < this.#resumeMs ? 0 : this.#allowed
  }

  /** When sending resumes; in the past where it is not paused. */
  get resumeMs(): number {
    return this.#resumeMs
  }

  paused(nowMs: number): boolean {
    return nowMs < this.#resumeMs
  }

  record(judgement: Judgement, nowMs: number, retryAfterMs: number | null): void {
    switch (judgement) {
      case 'delivered':
        return this.#succeed(nowMs)
      case 'throttled':
        return this.#pause(nowMs, retryAfterMs)
      case 'unreachable':
        this.#unreachable += 1
        if (this.#unreachable >= UNREACHABLE_IN_ROW || this.#probing) this.#pause(nowMs, null)
        return
      case 'refused':
        this.#refused += 1
        if (this.#refused >= REFUSED_IN_ROW) this.#pause(nowMs, null)
        return
      case 'gone':
        return
    }
  }

  /** Someone says that it is back: begin again with a probe, at once. */
  reopen(): void {
    this.#resumeMs = 0
    this.#pauses = 0
    this.#unreachable = 0
    this.#refused = 0
    this.#allowed = 1
  }

  get #probing(): boolean {
    return this.#allowed < this.#limits.concurrency
  }

  /** An answer to a request from before a pause does not end the pause. */
  #succeed(nowMs: number): void {
    this.#unreachable = 0
    this.#refused = 0
    if (this.paused(nowMs)) return
    this.#pauses = 0
    this.#allowed = Math.min(this.#limits.concurrency, this.#allowed * 2)
  }

  /** Of many requests that fail together only the first lengthens the pause. */
  #pause(nowMs: number, retryAfterMs: number | null): void {
    if (retryAfterMs === null && this.paused(nowMs)) return
    const { probeBaseMs, probeLimitMs } = this.#limits
    const ownMs = backoffMs(this.#random, { attempt: this.#pauses, baseMs: probeBaseMs, limitMs: probeLimitMs, jitter: 0.2 })
    this.#pauses += 1
    this.#allowed = 1
    this.#resumeMs = Math.max(this.#resumeMs, nowMs + (retryAfterMs ?? ownMs))
  }
}
