/** How far each agent's events are in the log: one row an instance, written in the commit of its events (law 1). */
import type { ControlStatement, LogReader } from '@millrace/core'

/**
 * An agent that comes back after longer with what was taken already, though it never heard so, is taken for
 * a new one. Its disk would have had to be away for all that time.
 */
const AGENT_MEMORY_DAYS = 90
const DAY_MS = 86_400_000

export interface AgentMemory {
  readonly team: string
  readonly instance: string
  /** The number of the first event that is not here. */
  readonly next: number
  /** What it has said that it dropped. */
  readonly dropped: number
}

export const CREATE_AGENTS: readonly ControlStatement[] = [
  {
    sql: `create table if not exists agent_instance (
  source text not null,
  team text not null,
  instance text not null,
  next_number real not null,
  dropped real not null,
  seen_ms real not null,
  primary key (source, team, instance)
)`,
    parameters: [],
  },
]

const REMEMBER = `insert into agent_instance values (?, ?, ?, ?, ?, ?)
on conflict (source, team, instance) do update set next_number = excluded.next_number, dropped = excluded.dropped, seen_ms = excluded.seen_ms`

export function rememberAgent(source: string, { team, instance, next, dropped }: AgentMemory, nowMs: number): ControlStatement {
  return { sql: REMEMBER, parameters: [source, team, instance, next, dropped, nowMs] }
}

export function forgetAgents(source: string, nowMs: number): ControlStatement {
  return { sql: 'delete from agent_instance where source = ? and seen_ms < ?', parameters: [source, nowMs - AGENT_MEMORY_DAYS * DAY_MS] }
}

export function readAgent(reader: LogReader, source: string, { team, instance }: { team: string; instance: string }): AgentMemory {
  const sql = 'select next_number, dropped from agent_instance where source = ? and team = ? and instance = ?'
  const [row] = reader.control<{ next_number: number; dropped: number }>(sql, [source, team, instance])
  return { team, instance, next: row?.next_number ?? 0, dropped: row?.dropped ?? 0 }
}
