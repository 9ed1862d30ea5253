import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEngine } from '../../engine.ts'
import { classOfFailure, failureOf } from './run-failure.ts'

/** What DuckDB says where a device that is always full stands in the place of the file and of its draft. */
async function errorOfFullDisk(): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-full-'))
  const engine = await openEngine()
  try {
    for (const name of ['a.parquet', 'tmp_a.parquet']) symlinkSync('/dev/full', join(folder, name))
    return await engine.connection
      .run(`COPY (SELECT range FROM range(9)) TO '${join(folder, 'a.parquet')}' (FORMAT parquet)`)
      .catch((error: unknown) => error)
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a disk that is full is told as such, and ends the run', async () => {
  const error = await errorOfFullDisk()
  expect(classOfFailure(error)).toBe('disk')
  expect(failureOf({ name: 'a', file: 'models/a.sql', error })).toMatchObject({ code: 'RUN_OUT_OF_DISK', details: { model: 'a' } })
})

test('what runs out of memory is tried again alone', async () => {
  const engine = await openEngine({ memoryLimitMb: 8 })
  const error = await engine.connection.run('SELECT list(range) FROM range(10000000)').catch((failure: unknown) => failure)
  await engine.close()
  expect(classOfFailure(error)).toBe('memory')
})
