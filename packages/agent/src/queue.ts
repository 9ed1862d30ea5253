/** Where sealed events wait until the server has them. */
import type { Frame } from './frame.ts'

/** Whole frames that travel together. */
export interface QueuedBatch {
  readonly first: number
  /** The number after the last event. Between the two some may be missing, where they were damaged. */
  readonly next: number
  readonly count: number
  readonly bytes: number
  readonly bodies: readonly Buffer[]
}

export interface EventQueue {
  /** Names the numbering: with it an event's number is its identity. */
  readonly instance: string
  readonly memoryBytes: number
  readonly diskBytes: number
  /** Events that wait; for a folder that was adopted, those that have been read from it so far. */
  readonly count: number
  readonly isEmpty: boolean
  /** True where so many more bytes in memory would pass a limit. */
  isFull(bytes: number): boolean
  append(frame: Frame): void
  /** The oldest frames up to the limit, at least one; the same again until they are released. */
  take(bytesMax: number): Promise<QueuedBatch | null>
  /** The server has them, or never will. */
  release(batch: QueuedBatch): Promise<void>
  /** Resolves once all that was appended is as safe as it gets here: true if that is on disk. */
  settle(): Promise<boolean>
  /** At the process's very end: nothing asynchronous happens any more. */
  saveNow(): void
  /** Lets go of files and locks; what waits on disk stays for the next process. */
  close(): Promise<void>
}
