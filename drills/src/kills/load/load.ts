/** One source of the drill's project: what it is, the load on it, and what must have arrived in the end. */
import type { LogReader } from '@millrace/core'

export interface Load {
  /** The source's name in the project, and so the first part of its streams'. */
  readonly source: string
  /** Its settings, as they stand in the project's configuration. */
  config(): object
  /** Changes the source until it is told to stop; then nothing of it is open or half done. */
  run(signal: AbortSignal): Promise<void>
  /** True once everything that was changed stands in the log, as far as a count can tell. Asked again and again. */
  arrived(reader: LogReader): Promise<boolean>
  /** Holds the log to what the source itself knows. */
  judge(reader: LogReader): Promise<LoadVerdict>
  close(): Promise<void>
}

export interface LoadVerdict {
  readonly lost: number
  readonly duplicated: number
  /** Changes or rows that were compared. */
  readonly compared: number
  /** Where something is missing or too much, and how much. */
  readonly where?: Readonly<Record<string, string>>
}
