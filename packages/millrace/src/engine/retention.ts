import { type Clock, describeError } from '@millrace/base'
import type { Store } from '@millrace/store'
import type { Project } from '../config/project.ts'
import { RETENTION_EVERY_MS } from './defaults.ts'

export interface RetentionOptions {
  readonly project: Project
  readonly store: Store
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onFailure: (error: Error) => void
}

/** Drops what each stream's `retentionHours` no longer keeps, a little at a time. */
export async function runRetention({ project, store, clock, signal, onFailure }: RetentionOptions): Promise<void> {
  const rules = Object.entries(project.config.streams ?? {}).flatMap(([stream, { retentionHours }]) =>
    retentionHours === undefined ? [] : [{ stream, keepMs: retentionHours * 3_600_000 }],
  )
  while (rules.length > 0 && !signal.aborted) {
    try {
      await store.applyRetention(rules.map(({ stream, keepMs }) => ({ stream, olderThanMs: clock.nowMs() - keepMs })))
    } catch (error) {
      onFailure(error instanceof Error ? error : new Error(describeError(error)))
    }
    await clock.sleep(RETENTION_EVERY_MS, signal).catch(() => undefined)
  }
}
