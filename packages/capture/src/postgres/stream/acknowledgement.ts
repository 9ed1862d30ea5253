/**
 * What the server is told: that everything before a position is durable here (law 2), and that somebody is
 * there. A position without changes of ours is stored before it is told, like any other.
 */
import type { Clock } from '@millrace/base'
import type { CaptureRecord } from '../capture-record.ts'
import type { RawConnection } from '../wire/raw-connection.ts'
import { statusUpdate } from '../wire/status-update.ts'

/** How often, at most, a position without changes is stored, so that it may be acknowledged. */
const QUIET_COMMIT_PAUSE_MS = 1000

export interface AcknowledgementOptions {
  readonly raw: RawConnection
  readonly clock: Clock
  readonly record: CaptureRecord
  readonly position: number
}

export class Acknowledgement {
  readonly #options: AcknowledgementOptions
  /** Stored with the log: the stream may be acknowledged, and resumes, from here. */
  #position: number
  /** The server is past this position and nothing before it is missing here; perhaps not stored yet. */
  #quietPosition: number
  #quietCommitMs = 0

  constructor(options: AcknowledgementOptions) {
    const { position, record } = options
    this.#options = options
    this.#position = position
    this.#quietPosition = position
    record.acknowledged = position
  }

  get position(): number {
    return this.#position
  }

  get quietPosition(): number {
    return this.#quietPosition
  }

  /** Nothing before this position is missing here. */
  quietAt(position: number): void {
    this.#quietPosition = Math.max(this.#quietPosition, position)
  }

  /** So that a quiet source beside busy neighbours does not hold back the server's log. */
  isQuietDue(atOnce: boolean): boolean {
    if (this.#quietPosition <= this.#position) return false
    const nowMs = this.#options.clock.monotonicMs()
    if (!atOnce && nowMs - this.#quietCommitMs < QUIET_COMMIT_PAUSE_MS) return false
    this.#quietCommitMs = nowMs
    return true
  }

  /** Everything before this position is in the log. */
  durable(position: number): void {
    this.#position = Math.max(this.#position, position)
    this.quietAt(position)
    this.#options.record.acknowledged = this.#position
    this.tell(false)
  }

  tell(replyWanted: boolean): void {
    const { raw, clock } = this.#options
    raw.send(statusUpdate(this.#position, clock.nowMs(), replyWanted))
  }
}
