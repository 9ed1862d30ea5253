import type { SecretReference } from '../secret-reference.ts'
import type { ColumnFormat, TypeName } from './file-format.ts'

/** Events that applications send with the library `@millrace/agent`, through a door with a port of its own. */
export interface AgentSource {
  readonly kind: 'agent'
  /** By name. A team's token sends to that team's streams, and sees no other's. */
  readonly teams: Readonly<Record<string, AgentTeam>>
  /** Default 127.0.0.1. `0.0.0.0` lets other machines in; then give `tls`, or put a proxy with TLS in front. */
  readonly host?: string
  /** Default 4771; 0 takes a free one. */
  readonly port?: number
  /** Files in PEM, from the project's folder. Without them the door speaks plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** How many agents may be connected at once. Default 10,000. */
  readonly connections?: number
}

export interface AgentTeam {
  /** Two during a rotation: both are taken. They are read again every few seconds. */
  readonly token: SecretReference | readonly SecretReference[]
  /** By name, unique within the source; they become `<source>.<name>`. */
  readonly streams: Readonly<Record<string, AgentStream>>
}

export interface AgentStream {
  readonly columns: Readonly<Record<string, TypeName | AgentColumn>>
  /** The columns that tell a row from others: a later event of the same key takes the place of the earlier one. */
  readonly key?: readonly string[]
  /** An event with a member that has no column: parked (default), or passed over. */
  readonly unknownMembers?: 'ignore' | 'park'
}

/** A member that is missing is null; where a column has none, its event is parked. */
export type AgentColumn = Pick<ColumnFormat, 'type' | 'nullable'>
