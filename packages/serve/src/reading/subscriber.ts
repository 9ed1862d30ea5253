/**
 * One subscriber in its life: first the snapshot or what it missed, then the channel's chain. It is
 * written to only while its socket takes more; what it is behind waits in places that are bounded
 * elsewhere: the shared snapshot, the log, the chain.
 */
import { MillraceError } from '@millrace/base'
import type { Channel, Link } from './channel.ts'
import type { Line } from './line.ts'
import { Message } from './message.ts'
import { READING_LIMITS } from './reading-limits.ts'
import type { Snapshot } from './snapshot.ts'

export interface SubscriberOptions {
  readonly line: Line
  readonly channel: Channel
  readonly nowMs: () => number
  /** Reads what it missed from the log; it is live afterwards. */
  readonly catchUp: (subscriber: Subscriber, next: number) => void
  readonly onClose: (subscriber: Subscriber) => void
}

type State =
  | { readonly kind: 'starting' }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; part: number; rows: number }
  | { readonly kind: 'catching-up' }
  | { readonly kind: 'live'; link: Link }
  | { readonly kind: 'ended' }

/** Parts of a snapshot that are written before others on this thread have their turn. */
const PARTS_AT_ONCE = 4

export class Subscriber {
  readonly channel: Channel
  readonly #options: SubscriberOptions
  #state: State = { kind: 'starting' }
  /** The position of the last message that had one; null before the first. */
  position: string | null = null
  /** When its socket was found full and has taken nothing since; null while it takes. */
  #blockedMs: number | null = null
  /** What waited in its socket when that was looked at last. */
  #blockedBytes = 0
  /** Something was written since the last heartbeat. */
  #wasTold = false
  #wake: (() => void) | null = null

  constructor(options: SubscriberOptions) {
    this.#options = options
    this.channel = options.channel
    options.line.onDrain(() => {
      this.#blockedMs = null
      this.channel.blocked.delete(this)
      this.pump()
    })
    options.line.onClose(() => this.#close())
  }

  get state(): State['kind'] {
    return this.#state.kind
  }

  get hasEnded(): boolean {
    return this.#state.kind === 'ended'
  }

  begin(message: Message): void {
    this.#write([message])
  }

  tellSnapshot(snapshot: Snapshot): void {
    this.#state = { kind: 'snapshot', snapshot, part: 0, rows: 0 }
    this.pump()
  }

  goLive(link: Link, position: string | null = this.position): void {
    if (this.hasEnded) return
    this.position = position
    this.#state = { kind: 'live', link }
    this.pump()
  }

  catchUpFrom(next: number): void {
    if (this.hasEnded) return
    this.#state = { kind: 'catching-up' }
    this.#options.catchUp(this, next)
  }

  /** Writes what waits, as far as the socket takes it. */
  pump(): void {
    try {
      if (this.#state.kind === 'snapshot') this.#pumpSnapshot(this.#state)
      else if (this.#state.kind === 'live') this.#pumpLive(this.#state)
      else if (this.#wake !== null && !this.#isFull()) this.#woken()
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.end(error)
    }
  }

  /** Of what it missed: resolves when there is room for more. */
  async tellMissed(message: Message): Promise<void> {
    if (this.hasEnded) return
    this.#write([message])
    this.position = message.position
    if (this.#isFull()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  /** Whether it needs links that the chain does not hold any more. */
  get isTooSlow(): boolean {
    return this.#state.kind === 'live' && !this.channel.holds(this.#state.link)
  }

  /** Whether its socket is full and has taken nothing for too long. */
  isStalled(nowMs: number): boolean {
    if (this.#blockedMs === null) return false
    const { waitingBytes } = this.#options.line
    if (waitingBytes < this.#blockedBytes) this.#blockedMs = nowMs
    this.#blockedBytes = waitingBytes
    return nowMs - this.#blockedMs >= READING_LIMITS.stallMs
  }

  /** Where in the log it is, if the chain told it all so far. */
  get place(): number | null {
    return this.#state.kind === 'live' ? this.#state.link.next : null
  }

  /** `there` where it has been told everything, `alive` where it only needs to hear that we are here. */
  beat(there: Message, alive: Message): void {
    if (this.hasEnded || this.#blockedMs !== null) return
    const isThere = this.#state.kind === 'live' && this.#state.link === this.channel.newest && !this.channel.hasNews
    if (!this.#wasTold || isThere) this.#write([isThere ? there : alive])
    if (isThere) this.position = there.position
    this.#wasTold = false
  }

  end(error: MillraceError): void {
    if (this.hasEnded) return
    const { line } = this.#options
    const farewell = new Message(JSON.stringify({ type: 'end', position: this.position, error }))
    this.#close()
    line.end(farewell)
  }

  #pumpSnapshot(state: Extract<State, { kind: 'snapshot' }>): void {
    const { snapshot } = state
    for (let parts = 0; state.part < snapshot.parts; parts += 1) {
      if (this.#isFull()) return
      if (parts === PARTS_AT_ONCE) return void setImmediate(() => this.pump())
      const { message, rows } = snapshot.part(state.part)
      state.part += 1
      state.rows += rows
      if (message !== null) this.#write([message])
    }
    if (this.#isFull()) return
    this.#write([snapshot.end(state.rows)])
    this.position = snapshot.position
    const link = this.channel.linkAt(snapshot.next)
    if (link === null) this.catchUpFrom(snapshot.next)
    else this.goLive(link)
  }

  #pumpLive(state: Extract<State, { kind: 'live' }>): void {
    const messages: Message[] = []
    let waiting = this.#options.line.waitingBytes
    while (state.link.following !== null && waiting < READING_LIMITS.socketBytes && this.channel.holds(state.link)) {
      state.link = state.link.following
      if (state.link.message === null) continue
      messages.push(state.link.message)
      this.position = state.link.message.position ?? this.position
      waiting += state.link.message.length
    }
    if (messages.length > 0) this.#write(messages)
    if (state.link.following !== null) this.#isFull()
  }

  #isFull(): boolean {
    if (this.#options.line.waitingBytes < READING_LIMITS.socketBytes) return false
    if (this.#blockedMs === null) {
      this.#blockedMs = this.#options.nowMs()
      this.#blockedBytes = this.#options.line.waitingBytes
    }
    this.channel.blocked.add(this)
    return true
  }

  #write(messages: readonly Message[]): void {
    this.#wasTold = true
    this.#options.line.write(messages)
  }

  #close(): void {
    if (this.hasEnded) return
    this.#state = { kind: 'ended' }
    this.channel.blocked.delete(this)
    this.#options.onClose(this)
    this.#woken()
  }

  #woken(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}
