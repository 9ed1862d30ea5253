import { systemClock } from '@millrace/base'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GraphCatalog } from './catalog.ts'

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
