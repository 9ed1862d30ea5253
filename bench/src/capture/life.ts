/** What one measured process of this bench does, and what it tells when it has done it. Plain JSON both ways. */
export interface LifeOrder {
  /**
   * `prepare` takes the snapshot, so that a slot waits. Of the same slot's stream: `ceiling` reads the raw
   * socket, `decoded` makes batches and drops them, `logged` makes them durable, `peer` is the pipeline on
   * `pg` + `pg-logical-replication`. Of the same table: `snapshot` makes it durable, `copy` reads the raw socket.
   */
  readonly mode: 'prepare' | 'ceiling' | 'decoded' | 'logged' | 'peer' | 'snapshot' | 'copy'
  readonly url: string
  /** Names the source's slot and publication. */
  readonly project: string
  /** Of `ceiling` and `peer`, which have no project. */
  readonly slot: string
  readonly publication: string
  readonly storePath: string
  /** So many changes are waited for. */
  readonly changes: number
  /** Of which so many pass before the clock starts. */
  readonly warmUp: number
  /** The end of the stream as Postgres prints it, for `ceiling`. */
  readonly untilPosition: string
}

export interface LifeResult {
  /** What was measured, without the warm-up. */
  readonly changes: number
  readonly seconds: number
  readonly cpuSeconds: number
  readonly bytes: number
}
