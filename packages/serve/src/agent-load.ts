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

  get turnedAway(): number {
    return this.#turnedAway
  }

  get peakRequests(): number {
    return this.#peakRequests
  }

  /** Raises AGENT_DOOR_BUSY. What is returned must be called once the request is answered. */
  enter(): () => void {
    if (this.#requests >= AGENT_LIMITS.requests) throw this.#turnAway(TOO_MANY)
    this.#requests += 1
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

  #turnAway(error: MillraceError): MillraceError {
    this.#turnedAway += 1
    return error
  }
}
