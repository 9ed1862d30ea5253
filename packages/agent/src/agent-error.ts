/** What only `createAgent` raises, and only for settings with which nothing could ever be sent. */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly code: 'AGENT_URL_INVALID' | 'AGENT_TOKEN_MISSING'
  /** The way out. */
  readonly hint: string

  constructor(code: AgentError['code'], message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}
