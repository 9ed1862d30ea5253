/** What the door has in hand. Whoever would exceed a bound is turned away at once, and told when to come back. */
import { MillraceError } from '@millrace/base'
import { AGENT_LIMITS } from './agent-limits.ts'

/** Made once: whoever is turned away must cost next to nothing, and where it happened is no secret. */
const TOO_MANY = new MillraceError('AGENT_DOOR_BUSY', { details: { what: `${AGENT_LIMITS.requests} requests` } })
const TOO_MUCH = new MillraceError('AGENT_DOOR_BUSY', { details: { what: `${AGENT_LIMITS.bytesInHand} bytes of batches` } })

export class AgentLoad {
  #requests = 0
  #bytes = 0
  #turnedAway = 0
  #peakRequests = 0
  /** Of late: both are halved from time to time. */
  readonly #lately = { entered: 0, turnedAway: 0 }
  readonly #nowMs: () => number
  #halvedMs: number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#halvedMs = nowMs()
  }

  get turnedAway(): number {
    return this.#turnedAway
  }

  get peakRequests(): number {
    return this.#peakRequests
  }

  /** Raises AGENT_DOOR_BUSY. What is returned must be called once the request is answered. */
  enter(): () => void {
    if (this.#requests >= AGENT_LIMITS.requests) throw this.#turnAway(TOO_MANY)
    this.#halve()
    this.#requests += 1
    this.#lately.entered += 1
    this.#peakRequests = Math.max(this.#peakRequests, this.#requests)
    return () => {
      this.#requests -= 1
    }
  }

  /** Raises AGENT_DOOR_BUSY. What is returned must be called once the bytes are let go. */
  hold(bytes: number): () => void {
    if (this.#bytes + bytes > AGENT_LIMITS.bytesInHand) throw this.#turnAway(TOO_MUCH)
    this.#bytes += bytes
    return () => {
      this.#bytes -= bytes
    }
  }

  /**
   * When to come back, for a number in [0, 1). Where five are turned away for one that is not, they spread over five
   * times as long: otherwise they would all be back before there is room, and turning away would be all that is done.
   */
  retryAfterMs(random: number): number {
    const { retryAfterMsMin, retryAfterMsMax, retryAfterMsLimit } = AGENT_LIMITS
    this.#halve()
    const share = 1 + this.#lately.turnedAway / Math.max(1, this.#lately.entered)
    return retryAfterMsMin + random * (Math.min(retryAfterMsLimit, retryAfterMsMax * share) - retryAfterMsMin)
  }

  #halve(): void {
    const nowMs = this.#nowMs()
    const halvings = Math.floor((nowMs - this.#halvedMs) / AGENT_LIMITS.retryAfterWindowMs)
    if (halvings <= 0) return
    this.#halvedMs = nowMs
    this.#lately.entered /= 2 ** halvings
    this.#lately.turnedAway /= 2 ** halvings
  }

  #turnAway(error: MillraceError): MillraceError {
    this.#halve()
    this.#turnedAway += 1
    this.#lately.turnedAway += 1
    return error
  }
}
