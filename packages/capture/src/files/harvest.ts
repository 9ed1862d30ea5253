/** What was read and is not committed yet: of one version, and of versions that are complete and go into one commit together. */
import type { Append, ControlStatement } from '@millrace/core'

export class Harvest {
  appends: Append[] = []
  control: ControlStatement[] = []
  /** Goes with the rows, whether they are shown yet or not. */
  staged: ControlStatement[] = []
  /** Of the files that it comes from, decompressed: the measure of every limit here. */
  bytes = 0
  changes = 0

  get isEmpty(): boolean {
    return this.appends.length === 0 && this.control.length === 0
  }

  add(other: Harvest): void {
    this.appends.push(...other.appends)
    this.control.push(...other.control)
    this.staged.push(...other.staged)
    this.bytes += other.bytes
    this.changes += other.changes
    other.clear()
  }

  clear(): void {
    this.appends = []
    this.control = []
    this.staged = []
    this.bytes = 0
    this.changes = 0
  }
}
