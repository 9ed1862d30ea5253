/** The bounds of reading live models (law 8), and what happens at each. */
export const READING_LIMITS = {
  /** Open subscriptions; the next is answered READ_SUBSCRIBERS_FULL. */
  subscribers: 12_000,
  /** Bytes that wait in one subscriber's socket; what is more waits in the channel that it shares with others. */
  socketBytes: 262_144,
  /** Bytes of changes that one channel keeps for those who are behind; who falls out of them is disconnected. */
  channelBytes: 4_194_304,
  /** The same for all channels together: where there are many, each keeps less. */
  channelsBytes: 67_108_864,
  channelBytesLeast: 65_536,
  /** A subscriber whose socket has taken nothing for so long is disconnected. */
  stallMs: 30_000,
  /** So often a subscriber hears of the server, whether something changed or not. */
  heartbeatMs: 15_000,
  /** Subscribers that come within this time of each other share one snapshot. */
  snapshotShareMs: 2_000,
  /** Encoded bytes that a shared snapshot keeps; what lies beyond is encoded for each subscriber again. */
  snapshotBytes: 33_554_432,
  /** Rows or changes in one message. */
  messageRows: 1_000,
  messageBytes: 262_144,
  /** Subscribers that read the log at once to catch up; the others wait for their turn. */
  catchUps: 16,
  /** Stored bytes of the log that are taken at once. */
  stepBytes: 4_194_304,
  /** Subscribers that are written to before others on this thread have their turn. */
  fanOutSlice: 256,
  /** Rows that are looked at before others on this thread have their turn. */
  scanSlice: 16_384,
  /** Bytes of models' rows in memory, by estimate; models that nobody reads go first, then READ_ROWS_TOO_MANY. */
  rowsBytes: 536_870_912,
  /** A model that nobody has read for so long is forgotten, and read from the log again when it is asked for. */
  idleMs: 600_000,
  /** Rows that one look-up answers; there may be more, and the answer says so. */
  rows: 10_000,
  /** The text of a condition. */
  conditionLength: 4_096,
  /** Compiled conditions that are kept. */
  conditions: 1_000,
} as const
