/**
 * Events that were sealed together: lines of text that tell all that is needed to read them.
 *
 *     {"first":1001,"count":2,"time":1763715600000,"sections":[["checkout","3f2c…",["id","total"]],["click"]]}
 *     0 0 [17,"12.50"]
 *     1 4 {"page":"/"}
 *
 * The head names sections: a stream, and where the events are written by a schema its id and the columns'
 * names. A line is the section's number, milliseconds since the head's time, and the event. The event in
 * line n has the number `first + n`, given at `send` and never again: an event's identity is its
 * agent's instance and that number, through every retry and every crash.
 */

export interface Frame {
  readonly first: number
  readonly count: number
  readonly body: Buffer
}

/** A section as a frame's head writes it. */
export type Section = readonly [stream: string] | readonly [stream: string, schema: string, columns: readonly string[]]

export interface FrameHead {
  readonly first: number
  readonly count: number
  readonly time: number
  readonly sections: readonly Section[]
}

const LINE_FEED = 0x0a

/** The head of a sealed body, or null where it has none. */
export function readHead(body: Buffer): FrameHead | null {
  const end = body.indexOf(LINE_FEED)
  if (end < 0) return null
  try {
    const head = JSON.parse(body.toString('utf8', 0, end)) as Partial<FrameHead> | null
    if (!Number.isSafeInteger(head?.first) || !Number.isSafeInteger(head?.count) || !Array.isArray(head?.sections)) return null
    return head as FrameHead
  } catch {
    return null
  }
}
