/**
 * What the composition root asks of a kind of source: find its streams, run it, examine it. One file a
 * kind stands beside this one; `source-kinds.ts` lists them.
 */
import type { Clock, Random } from '@millrace/base'
import type { Parking } from '@millrace/capture'
import type { LogReader, LogWriter, SourceConfig, SourceCopy, Stage, StreamDefinition, StreamInfo } from '@millrace/core'
import type { Door } from '@millrace/guard'

export interface SourceKind<Config extends SourceConfig> {
  /** What people call it: `Postgres`. */
  readonly label: string
  /** Asks the source for its streams, and changes nothing anywhere. Partitions are the caller's to set. */
  discover(place: SourcePlace<Config>): Promise<readonly StreamDefinition[]>
  stage(context: SourceContext<Config>): Stage
  /** What the source holds of one stream at one position, to be compared with the log; missing where it cannot be asked so. */
  copy?(place: SourcePlace<Config>, stream: StreamInfo, reader: LogReader): Promise<SourceCopy>
  /** Every finding at once, for `millrace doctor`. */
  examine(place: SourcePlace<Config>): Promise<readonly Finding[]>
}

export interface SourcePlace<Config extends SourceConfig> {
  readonly project: string
  readonly name: string
  readonly config: Config
  /** The project's folder: relative paths in a configuration begin there. */
  readonly folder: string
  /** The only way out to an address that a user supplied (law 10). */
  readonly door: Door
  /** The streams that the log has, for a source that declares its own: they must be able to become what is declared. */
  readonly known?: readonly StreamDefinition[]
}

export interface SourceContext<Config extends SourceConfig> extends SourcePlace<Config> {
  readonly writer: LogWriter
  readonly reader: LogReader
  readonly clock: Clock
  readonly random: Random
  /** Where this source sets aside what it cannot take (law 9). */
  readonly parking: Parking
  /** A folder of this source's own beside the store, for what need not be durable; made when it is needed. */
  readonly scratchFolder: string
  readonly partitionsOf: (stream: string) => number
}

export interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  /** The statement or command that mends it. */
  readonly fix?: string
}
