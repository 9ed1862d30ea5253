/** The bounds of the door for agents (law 8), and what happens at each. */
export const AGENT_LIMITS = {
  /** Open connections; further ones are closed by Node. */
  connections: 10_000,
  /** Above this share of them, answers ask the agent to close its connection and come back when it has something to say. */
  connectionsShare: 0.9,
  /** Requests that are being answered; the next is answered 503. */
  requests: 2048,
  /** Bytes of batches in hand, unpacked, over all requests; who would exceed them is answered 503. */
  bytesInHand: 67_108_864,
  /** A body as it is sent, and unpacked; a larger one is answered 413. */
  bodyBytes: 2_097_152,
  unpackedBytes: 8_388_608,
  headerBytes: 8192,
  headers: 64,
  /** Headers, and a whole request, that have not arrived by then: the connection is closed. */
  headersMs: 15_000,
  requestMs: 30_000,
  /** How often those two are looked at. */
  checkMs: 1000,
  /** A connection that says nothing for so long is closed; an agent opens another when it needs one. */
  idleMs: 65_000,
  /** After so many requests an agent is asked to connect anew, so that replicas share the agents. */
  requestsPerConnection: 10_000,
  /** Who is turned away is asked to come back after so long at least; and at most after so long, the more were turned away for each that was not. */
  retryAfterMsMin: 1000,
  retryAfterMsMax: 4000,
  retryAfterMsLimit: 60_000,
  /** Over about so long both are counted. */
  retryAfterWindowMs: 10_000,
  /** Connections that the system holds for us before we take them. */
  backlog: 4096,
} as const
