/** The server's bounds (law 8), and what happens at each. */
export const SERVE_LIMITS = {
  /** Open connections, subscribers among them; further ones are closed by Node. */
  connections: 12_512,
  /** Clients of the live feed; the next is answered FEED_FULL. */
  feedClients: 32,
  /** Bytes waiting in one client's socket; a slower client is dropped and comes back by itself. */
  feedClientBytes: 1_048_576,
  /** Changes in one message of the feed; older ones are read from their stream. */
  feedChanges: 50,
  /** Changes or events on one page; a greater `limit` is refused. */
  page: 500,
  /** The body of a request to the API; a larger one is refused. */
  bodyBytes: 1_048_576,
  /** A request that has not arrived whole by then is dropped. */
  requestMs: 10_000,
} as const

export const FEED_INTERVAL_MS = 1000
