import { MillraceError } from '@millrace/base'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * A sample's database is new each time, so its store must be too. Only a store that a sample made is
 * ever removed: a mark beside it says so.
 */
export function freshSampleStore(storePath: string): void {
  const mark = join(dirname(storePath), 'sample')
  if (existsSync(storePath) && !existsSync(mark)) {
    throw new MillraceError('SAMPLE_STORE_EXISTS', { details: { path: storePath } })
  }
  for (const suffix of ['', '-wal', '-shm', '.lock', '.run.json']) rmSync(`${storePath}${suffix}`, { force: true })
  mkdirSync(dirname(storePath), { recursive: true })
  writeFileSync(mark, 'This store belongs to `millrace dev --sample`, which makes it anew at each start.\n')
}
