import { systemClock } from '@millrace/base'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GraphCatalog } from './catalog.ts'
import type { Version } from './version.ts'

test('a run that goes on with killed ones has the time of the first of them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-catalog-'))
  let nowMs = 1000
  const catalog = new GraphCatalog(join(folder, 'catalog.db'), { ...systemClock, nowMs: () => nowMs })
  try {
    const begin = (resumes: number | null): number => {
      nowMs += 1000
      return catalog.beginRun({ environment: 'prod', cut: 0, streams: {}, planned: 1, resumes })
    }
    const before = begin(null)
    const first = begin(null)
    const third = begin(begin(first))
    expect([before, first, third, begin(null)].map((run) => catalog.beganMs(run))).toEqual([2000, 3000, 3000, 6000])
  } finally {
    catalog.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('the file into which rows of a server were brought stays as long as their version', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-catalog-'))
  const catalog = new GraphCatalog(join(folder, 'catalog.db'))
  try {
    const version = (table: string): Version => {
      const draft = { model: 'sold', key: table, fingerprint: '', columns: [], rows: 1, bytes: 1, seconds: 1, memory: 0 }
      const added = catalog.addVersion(1, { ...draft, content: { kind: 'server', engine: 'warehouse', table } })
      catalog.addCarried({ model: 'sold', key: table, file: `${table}.parquet`, rows: 1, bytes: 1 }, 0)
      return added
    }
    const later = { publications: 1, madeBeforeMs: Date.now() + 1000 }
    catalog.publish('prod', 1, [version('first')])
    expect(catalog.forget(later)).toEqual([])
    expect([catalog.carried('sold', 'first'), [...catalog.tablesOn('warehouse')]]).toEqual(['first.parquet', ['first']])
    catalog.publish('prod', 1, [version('second')])
    expect(catalog.forget(later)).toEqual(['first.parquet'])
    expect([...catalog.tablesOn('warehouse')]).toEqual(['second'])
    expect(catalog.identity()).toBe(catalog.identity())
  } finally {
    catalog.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('law 7: a version that was forgotten since it was found is never a gap in what is published', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-catalog-'))
  const catalog = new GraphCatalog(join(folder, 'catalog.db'))
  try {
    const version = (key: string): Version => {
      const draft = { model: 'a', key, fingerprint: '', columns: [], rows: 1, bytes: 1, seconds: 1, memory: 0 }
      return catalog.addVersion(1, { ...draft, content: { kind: 'files', files: [`${key}.parquet`] } })
    }
    const first = catalog.publish('prod', 1, [version('shown')])
    const found = version('unnamed')
    expect(catalog.forget({ publications: 1, madeBeforeMs: Date.now() + 1000 })).toEqual(['unnamed.parquet'])
    expect(() => catalog.publish('prod', 2, [found])).toThrow(
      expect.objectContaining({ code: 'VERSION_FORGOTTEN', details: { model: 'a' } }),
    )
    expect([catalog.current('prod'), catalog.published('prod').get('a')?.key]).toEqual([first, 'shown'])
  } finally {
    catalog.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
