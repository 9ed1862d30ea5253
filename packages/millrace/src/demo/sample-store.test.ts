import { openStore } from '@millrace/store'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshSampleStore } from './sample-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-sample-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a sample removes only a store that a sample made', () => {
  const own = join(folder, 'own.db')
  writeFileSync(own, 'data')
  expect(() => freshSampleStore(own)).toThrow(expect.objectContaining({ code: 'SAMPLE_STORE_EXISTS' }))
  expect(existsSync(own)).toBe(true)
  rmSync(own)
  freshSampleStore(own)
  writeFileSync(own, 'a sample')
  freshSampleStore(own)
  expect(existsSync(own)).toBe(false)
})

test('a sample leaves the store of one that runs as it is', async () => {
  const path = join(folder, 'running.db')
  freshSampleStore(path)
  const store = await openStore(path)
  expect(() => freshSampleStore(path)).toThrow(expect.objectContaining({ code: 'STORE_IN_USE' }))
  expect(existsSync(path)).toBe(true)
  await store.close()
  freshSampleStore(path)
  expect(existsSync(path)).toBe(false)
})
