/**
 * Which team a token belongs to. Tokens are compared by their hashes, in the same time whether they are nearly
 * right or not at all, and every team's is looked at each time. References are read again every few seconds, so
 * that a token rotates without a restart; one that cannot be read for now keeps what it was.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Clock, MillraceError } from '@millrace/base'
import type { AgentSource, SecretReference } from '@millrace/core'
import { resolveSecret } from '@millrace/guard'

const READ_AGAIN_MS = 5000

interface Known {
  readonly team: string
  readonly reference: SecretReference
  digest: Buffer
}

export class TeamTokens {
  readonly #clock: Clock
  readonly #known: Known[]
  readonly #onProblem: (error: MillraceError) => void
  #readMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor({ teams }: AgentSource, { clock, onProblem }: { clock: Clock; onProblem: (error: MillraceError) => void }) {
    this.#clock = clock
    this.#onProblem = onProblem
    this.#known = Object.entries(teams).flatMap(([team, { token }]) =>
      // Until it is read, a digest of nothing that anybody can send.
      [token].flat().map((reference: SecretReference) => ({ team, reference, digest: Buffer.alloc(32) })),
    )
  }

  /** At the start every token must be there. Raises CONFIG_SECRET_MISSING. */
  async open(): Promise<void> {
    for (const known of this.#known) known.digest = digestOf(await resolveSecret(known.reference))
    this.#readMs = this.#clock.monotonicMs()
  }

  async teamOf(token: string): Promise<string | null> {
    if (this.#clock.monotonicMs() - this.#readMs > READ_AGAIN_MS)
      await (this.#reading ??= this.#readAgain().finally(() => (this.#reading = null)))
    const digest = digestOf(token)
    let found: string | null = null
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.team
    return found
  }

  async #readAgain(): Promise<void> {
    for (const known of this.#known) {
      try {
        known.digest = digestOf(await resolveSecret(known.reference))
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        this.#onProblem(error)
      }
    }
    this.#readMs = this.#clock.monotonicMs()
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
