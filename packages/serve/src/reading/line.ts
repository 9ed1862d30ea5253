/** The way to one subscriber, whatever it speaks. */
import type { Message } from './message.ts'

export interface Line {
  /** Bytes that were written and that its socket has not taken yet. */
  readonly waitingBytes: number
  /** The answer's head, where the line has one. */
  open(): void
  /** Several messages in a row leave in one write. */
  write(messages: readonly Message[]): void
  /** The last message, and the end. Who does not take it is cut off a little later. */
  end(message: Message): void
  destroy(): void
  onDrain(listener: () => void): void
  onClose(listener: () => void): void
}

/** How long a subscriber has to take its last message. */
export const FAREWELL_MS = 5_000
