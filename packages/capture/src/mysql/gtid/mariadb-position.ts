/**
 * MariaDB's place in history: for each domain the last transaction, `0-1-4711` (domain, server, sequence).
 * It is the server's `gtid_binlog_pos`: what its own binlog holds. `gtid_current_pos` would also count what
 * it replicated without logging it, and name a place that its binlog does not know.
 */
export class MariadbPosition {
  readonly #last: Map<number, string>

  private constructor(last: Map<number, string>) {
    this.#last = last
  }

  static parse(text: string): MariadbPosition {
    const gtids = text.split(',').map((gtid) => gtid.trim())
    return new MariadbPosition(new Map(gtids.filter((gtid) => gtid !== '').map((gtid) => [Number(gtid.split('-')[0]), gtid])))
  }

  add(gtid: string): void {
    this.#last.set(Number(gtid.split('-')[0]), gtid)
  }

  toString(): string {
    const domains = Array.from(this.#last.keys()).sort((left, right) => left - right)
    return domains.map((domain) => this.#last.get(domain)).join(',')
  }
}
