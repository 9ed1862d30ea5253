import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seedRelations } from './seed-relations.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-seeds-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const contentNow = async (): Promise<string | undefined> => {
  const request = { folder, seeds: [{ name: 'rates', file: 'rates.csv' }], cachePath: join(folder, 'seeds.json') }
  const { seeds } = await seedRelations(request)
  return seeds[0]?.content
}

test('a seed has other content though its file is as long and as old as before: copies keep the time of what they copy', async () => {
  const path = join(folder, 'rates.csv')
  const write = (file: string, text: string): void => {
    writeFileSync(file, text)
    utimesSync(file, 1_700_000_000, 1_700_000_000)
  }
  write(path, 'day,rate\n2026-01-01,1\n')
  const before = await contentNow()
  expect(await contentNow()).toBe(before)
  write(path, 'day,rate\n2026-01-01,2\n')
  const written = await contentNow()
  expect(written).not.toBe(before)
  write(`${path}.new`, 'day,rate\n2026-01-01,3\n')
  renameSync(`${path}.new`, path)
  expect([before, written]).not.toContain(await contentNow())
})
