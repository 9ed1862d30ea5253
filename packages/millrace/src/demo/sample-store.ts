import { MillraceError } from '@millrace/base'
import { removeStore } from '@millrace/store'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { removeRunFile } from '../engine/run-file.ts'

/**
 * A sample's database is new each time, so its store must be too. Only a store that a sample made is
 * ever removed: a mark beside it says so. Raises STORE_IN_USE while another process runs the sample there.
 */
export function freshSampleStore(storePath: string): void {
  const mark = join(dirname(storePath), 'sample')
  if (existsSync(storePath) && !existsSync(mark)) {
    throw new MillraceError('SAMPLE_STORE_EXISTS', { details: { path: storePath } })
  }
  mkdirSync(dirname(storePath), { recursive: true })
  removeStore(storePath)
  removeRunFile(storePath)
  writeFileSync(mark, 'This store belongs to `millrace dev --sample`, which makes it anew at each start.\n')
}
