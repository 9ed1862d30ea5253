/**
 * Reads what an agent sends: frames of lines, as the agent's own `frame.ts` describes them. Nothing here is
 * trusted: a body that is no batch is refused whole; an event that is none is a matter of its own.
 */
import { MillraceError } from '@millrace/base'

export interface BodySection {
  /** As the agent calls the stream. */
  readonly stream: string
  /** Where the events are arrays: the columns' names, in their order. */
  readonly columns: readonly string[] | null
}

export interface BodyEvent {
  /** Its number among the events of its agent's instance: with that it is its identity. */
  readonly number: number
  readonly timeMs: number
  readonly section: BodySection
  /** JSON, or what should be. */
  readonly text: string
}

export interface BodyFrame {
  readonly first: number
  readonly count: number
  readonly events: readonly BodyEvent[]
}

const STREAM_NAME = /^[a-z][a-z0-9_]{0,62}$/
/** What one frame may name; a batch that needs more is none of ours. */
const SECTIONS_MAX = 2048
const COLUMNS_MAX = 2048
const LINE = /^(\d{1,4}) (\d{1,15}) /

/** Raises AGENT_BATCH_UNREADABLE. */
export function readBody(text: string): readonly BodyFrame[] {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw unreadable('its last line has no end')
  const frames: BodyFrame[] = []
  for (let at = 0; at < lines.length;) {
    const head = readHead(lines[at] ?? '')
    if (at + head.count >= lines.length) throw unreadable('it has fewer events than it says')
    frames.push({
      first: head.first,
      count: head.count,
      events: lines.slice(at + 1, at + 1 + head.count).map((line, index) => eventOf(line, head, index)),
    })
    at += 1 + head.count
  }
  if (frames.length === 0) throw unreadable('it is empty')
  return frames
}

interface Head {
  readonly first: number
  readonly count: number
  readonly timeMs: number
  readonly sections: readonly BodySection[]
}

function readHead(line: string): Head {
  let head: { first?: unknown; count?: unknown; time?: unknown; sections?: unknown } | null
  try {
    head = JSON.parse(line) as typeof head
  } catch (cause) {
    throw new MillraceError('AGENT_BATCH_UNREADABLE', { cause, details: { problem: 'a head is no JSON' } })
  }
  const { first, count, time, sections } = head ?? {}
  if (!isCount(first) || !isCount(count) || count === 0 || !isCount(first + count)) throw unreadable('a head does not number its events')
  if (!isCount(time)) throw unreadable('a head has no time')
  if (!Array.isArray(sections) || sections.length > SECTIONS_MAX) throw unreadable('a head does not name its streams')
  return { first, count, timeMs: time, sections: sections.map(sectionOf) }
}

function sectionOf(value: unknown): BodySection {
  const [stream, , columns = null] = Array.isArray(value) ? (value as unknown[]) : []
  if (typeof stream !== 'string' || !STREAM_NAME.test(stream)) throw unreadable('a head names a stream that can be none')
  if (columns === null) return { stream, columns }
  if (!Array.isArray(columns) || columns.length > COLUMNS_MAX || !columns.every((name) => typeof name === 'string')) {
    throw unreadable('a head names columns that can be none')
  }
  return { stream, columns }
}

function eventOf(line: string, head: Head, index: number): BodyEvent {
  const match = LINE.exec(line)
  const section = match === null ? undefined : head.sections[Number(match[1])]
  if (match === null || section === undefined) throw unreadable('a line does not say what it is')
  return { number: head.first + index, timeMs: head.timeMs + Number(match[2]), section, text: line.slice(match[0].length) }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function unreadable(problem: string): MillraceError {
  return new MillraceError('AGENT_BATCH_UNREADABLE', { details: { problem } })
}
