import type { LogReader, Stage } from '@millrace/core'
import { LateStage } from '@millrace/live'
import type { Store } from '@millrace/store'
import type { Project } from '../config/project.ts'
import { watermarksOf } from './watermarks.ts'

/** Apart from what is known of watermarks, which commands need that run no stage. */
export function lateStages({ config }: Project, store: Store): readonly Stage[] {
  return watermarksOf(config).map(([stream, watermark]) => {
    const reader: LogReader = store.reader()
    return new LateStage({ stream, watermark, writer: store, reader, signal: store })
  })
}
