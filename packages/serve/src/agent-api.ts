/** What the door for agents asks of the source behind it. Types only: the composition root brings the two together. */

export interface AgentBatchRequest {
  readonly team: string
  /** Names the numbering of the events. */
  readonly instance: string
  /** What the agent says that it has dropped, ever. */
  readonly dropped: number
  readonly text: string
}

export interface AgentBatchAnswer {
  readonly accepted: number
  readonly repeated: number
  readonly parked: number
  readonly schemas: Readonly<Record<string, string>>
}

/** The same bytes under the same id, for ever. */
export interface AgentSchemaPage {
  readonly id: string
  readonly body: Buffer
}

export interface AgentApi {
  /** Null for a token that nobody has. */
  teamOf(token: string): Promise<string | null>
  /** Resolves once it is durable; a batch that comes again is recognised. */
  take(batch: AgentBatchRequest): Promise<AgentBatchAnswer>
  /** Null where the team has no such stream. */
  schemaOf(team: string, stream: string): Promise<AgentSchemaPage | null>
  schemaById(team: string, id: string): Promise<AgentSchemaPage | null>
}
