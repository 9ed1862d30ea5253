/** Which server it is, and which way its log went: what tells a promoted standby from the server that was read. */
import type { Connection } from './connect.ts'
import { positionFromText } from './position.ts'

export interface ServerIdentity {
  /** Of the database cluster; a copy made file by file has the same. */
  readonly systemId: string
  readonly timeline: number
  /** The timelines before, each with the position at which it was left. */
  readonly forks: readonly { readonly timeline: number; readonly position: number }[]
}

interface SystemRow extends Record<string, unknown> {
  readonly systemid: string
  readonly timeline: number | string
}

/** Of a replication connection. */
export async function readIdentity({ query }: Connection): Promise<ServerIdentity> {
  const [row] = await query<SystemRow>('IDENTIFY_SYSTEM')
  const timeline = Number(row?.timeline ?? 1)
  return { systemId: row?.systemid ?? '', timeline, forks: timeline === 1 ? [] : await readForks(query, timeline) }
}

async function readForks(query: Connection['query'], timeline: number): Promise<ServerIdentity['forks']> {
  const [row] = await query<{ content: Buffer | string }>(`TIMELINE_HISTORY ${timeline}`)
  return parseHistory(String(row?.content ?? ''))
}

/** Lines of a timeline, the position at which it was left, and why; comments begin with `#`. */
export function parseHistory(text: string): ServerIdentity['forks'] {
  return text.split('\n').flatMap((line) => {
    const [, timeline, position] = /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line) ?? []
    return timeline === undefined || position === undefined ? [] : [{ timeline: Number(timeline), position: positionFromText(position) }]
  })
}
