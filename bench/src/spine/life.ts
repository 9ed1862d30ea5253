/** What one child process of the bench does, and what it tells when it has done it. Plain JSON both ways. */
export interface LifeOrder {
  /** `prepare` takes the snapshot; the others begin with a full slot and end when all has arrived. */
  readonly mode: 'prepare' | 'ceiling' | 'logged' | 'live' | 'delivered' | 'backlog'
  readonly url: string
  /** Names the slot and the publication. */
  readonly project: string
  readonly storePath: string
  /** Changes that the log holds when everything has arrived, the snapshot's rows included. */
  readonly expected: number
  /** The end of the replication stream as Postgres prints it, for `ceiling`. */
  readonly untilPosition: string
  readonly receiverUrl: string
}

export interface LifeResult {
  readonly changes: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** The most memory that the process ever held, by the kernel's account. */
  readonly peakBytes: number
}
