/** What a host may set, and what the agent tells it. Units are the last word of each name. */

export interface AgentOptions {
  /** Where the door of a Millrace source of kind `agent` listens: `https://events.example.com:4771`. */
  readonly url: string
  /** The team's token. A function is asked again for each request, so that a token can rotate. */
  readonly token: string | (() => string | Promise<string>)
  /** Where events wait until they are accepted. Without one they wait in memory alone and end with the process. */
  readonly diskFolder?: string
  /** An event waits at most so long for others to travel with. Default 150. */
  readonly flushMs?: number
  /** A batch leaves at once when it has so many bytes. Default 256 KiB. */
  readonly batchBytesMax?: number
  /** A larger event is dropped, and said to be. Default 256 KiB. */
  readonly eventBytesMax?: number
  /** Bytes of events in memory; at it events are dropped, and said to be. Default 16 MiB. */
  readonly memoryBytesMax?: number
  /** Bytes of events on disk; at it events are dropped, and said to be. Default 256 MiB. */
  readonly diskBytesMax?: number
  /** The first request is made at a moment drawn from so many milliseconds. Default 1000. */
  readonly startJitterMs?: number
  /** A new version of a schema is asked for at a moment drawn from so many milliseconds. Default 2000. */
  readonly schemaJitterMs?: number
  /** The first retry is made at a moment drawn from so many milliseconds, doubled with each further one. Default 250. */
  readonly retryBaseMs?: number
  readonly retryLimitMs?: number
  /** A request without an answer is given up after so long, and made again. Default 60 s. */
  readonly requestTimeoutMs?: number
  /** Told of what was dropped, gathered by stream and reason, never from within `send`. */
  readonly onDrop?: (drop: Drop) => void
  /** Told of what went wrong and is tried again or done without: an unreachable server, a disk that is full. */
  readonly onProblem?: (problem: Problem) => void
}

/**
 * - `full`: the queue was at its limit. `too-large`: the event was over `eventBytesMax`.
 * - `unserialisable`: it is no object, or cannot be written as JSON (a circle, a getter that throws).
 * - `stream-name`: no stream can have that name. `closed`: it was sent after `close`.
 * - `refused`: the server will never take it. `damaged`: its place on disk was destroyed.
 */
export type DropReason = 'full' | 'too-large' | 'unserialisable' | 'stream-name' | 'closed' | 'refused' | 'damaged'

export interface Drop {
  readonly reason: DropReason
  readonly stream: string
  readonly events: number
}

export type ProblemKind = 'server' | 'token' | 'schema' | 'disk'

export interface Problem {
  readonly kind: ProblemKind
  /** For people; it never holds the token or an event. */
  readonly message: string
}

export interface AgentStats {
  /** Given to `send` and taken. */
  readonly sent: number
  /** Known to be durable at the server. */
  readonly accepted: number
  /** Of those, how many it set aside because they did not fit their schema. */
  readonly parked: number
  readonly dropped: number
  /** By reason. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>
  /** Events that wait in memory or on disk, with those that an earlier process left behind. */
  readonly waiting: number
  readonly memoryBytes: number
  readonly diskBytes: number
  /** Batches that were accepted, and requests that had to be made again. */
  readonly batches: number
  readonly retries: number
  /** Schemas that are known, by stream. */
  readonly schemas: Readonly<Record<string, string>>
}

export interface Limits {
  readonly flushMs: number
  readonly batchBytesMax: number
  readonly eventBytesMax: number
  readonly memoryBytesMax: number
  readonly diskBytesMax: number
  readonly startJitterMs: number
  readonly schemaJitterMs: number
  readonly retryBaseMs: number
  readonly retryLimitMs: number
  readonly requestTimeoutMs: number
}

const DEFAULTS: Limits = {
  flushMs: 150,
  batchBytesMax: 262_144,
  eventBytesMax: 262_144,
  memoryBytesMax: 16_777_216,
  diskBytesMax: 268_435_456,
  startJitterMs: 1000,
  schemaJitterMs: 2000,
  retryBaseMs: 250,
  retryLimitMs: 10_000,
  requestTimeoutMs: 60_000,
}

/** The defaults, with what was set in their place. A number that is none, or below zero, counts as not set. */
export function limitsOf(options: AgentOptions): Limits {
  const limits: Record<keyof Limits, number> = { ...DEFAULTS }
  for (const name of Object.keys(DEFAULTS) as (keyof Limits)[]) {
    const value = options[name]
    if (typeof value === 'number' && value >= 0) limits[name] = value
  }
  return limits
}
