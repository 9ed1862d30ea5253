import type { StreamDefinition } from '@millrace/core'
import { expect, test } from 'vitest'
import type { Project } from '../config/project.ts'
import { lateStreams, withWatermarks } from './watermarks.ts'

const CLICKS: StreamDefinition = {
  name: 'web.clicks',
  kind: 'table',
  partitions: 2,
  schema: {
    columns: [
      { name: 'id', type: { kind: 'int64' }, nullable: false },
      { name: 'seen_at', type: { kind: 'timestamptz' }, nullable: false },
    ],
    key: [0],
  },
}

function project(column: string): Project {
  const config = { name: 'shop', streams: { 'web.clicks': { watermark: { column, latenessSeconds: 10 } } } }
  return { folder: '.', config, models: [], batch: [], seeds: [], problems: [], storePath: 'store.db' }
}

test('models read a stream with its watermark, and its late rows are a stream of their own, without a key', () => {
  expect(withWatermarks(project('seen_at'), [CLICKS])).toEqual([{ ...CLICKS, watermark: { column: 'seen_at', latenessSeconds: 10 } }])
  const [late] = lateStreams(project('seen_at'), [CLICKS])
  expect(late).toEqual({ ...CLICKS, name: 'web.clicks__late', partitions: 1, schema: { ...CLICKS.schema, key: [] } })
})

test.for(['id', 'nowhere'])('law 9: a watermark of a column that tells no time is refused with its place (%s)', (column) => {
  expect(() => withWatermarks(project(column), [CLICKS])).toThrow(/streams\['web.clicks'\].watermark.column/)
})
