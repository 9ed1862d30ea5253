/** The sessions in which a run computes: as many at once as models may be computed, each opened when it is first needed. */
import type { SourceTarget } from '@millrace/capture'
import { Session } from './session.ts'

/** Nothing is read in it before its snapshot is chosen. */
export const SNAPSHOT_BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ'

interface Waiting {
  readonly resolve: (session: Session) => void
  readonly reject: (error: unknown) => void
}

const INTERRUPT_EVERY_MS = 500

export class SessionPool {
  readonly #target: SourceTarget
  readonly #idle: Session[] = []
  /** Those that are at work, with the server's number of each. */
  readonly #busy = new Map<Session, number>()
  readonly #queue: Waiting[] = []
  readonly #numbers = new Map<Session, number>()
  #toOpen: number
  #interrupting: NodeJS.Timeout | undefined

  constructor(target: SourceTarget, sessionsMax: number) {
    this.#target = target
    this.#toOpen = sessionsMax
  }

  async during<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = await this.take()
    try {
      return await work(session)
    } finally {
      this.giveBack(session)
    }
  }

  async take(): Promise<Session> {
    const session = this.#idle.pop() ?? (await this.#openOrWait())
    this.#busy.set(session, this.#numbers.get(session) ?? 0)
    return session
  }

  giveBack(session: Session): void {
    this.#busy.delete(session)
    if (session.isLost) {
      this.#toOpen += 1
      const waiting = this.#queue.shift()
      // Whoever waits opens another; if that fails, so does what was to be done with it.
      if (waiting !== undefined) void this.#openOrWait().then(waiting.resolve, waiting.reject)
      return
    }
    const next = this.#queue.shift()
    if (next === undefined) this.#idle.push(session)
    else next.resolve(session)
  }

  /** Asks the server to end what is being computed; the sessions stay. A statement that begins later is asked to end, too. */
  interrupt(): void {
    this.#interrupting ??= setInterval(() => this.interrupt(), INTERRUPT_EVERY_MS)
    const numbers = [...this.#busy.values()]
    if (numbers.length === 0) return
    void this.#cancel(numbers).catch(() => {
      // The server does not answer: then nothing that is computed will, either.
      for (const session of this.#busy.keys()) session.close()
    })
  }

  close(): void {
    clearInterval(this.#interrupting)
    for (const session of [...this.#idle, ...this.#busy.keys()]) session.close()
  }

  async #openOrWait(): Promise<Session> {
    if (this.#toOpen === 0) return new Promise((resolve, reject) => this.#queue.push({ resolve, reject }))
    this.#toOpen -= 1
    try {
      const session = await Session.open(this.#target)
      this.#numbers.set(session, await session.process())
      return session
    } catch (error) {
      this.#toOpen += 1
      throw error
    }
  }

  async #cancel(numbers: readonly number[]): Promise<void> {
    const session = await Session.open(this.#target)
    try {
      await session.objects('SELECT pg_cancel_backend(pid) FROM unnest($1::int4[]) AS pid', [numbers])
    } finally {
      session.close()
    }
  }
}
