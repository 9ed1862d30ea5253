import { expect, test } from 'vitest'
import { SHAPES, shapedModels } from '../shapes.ts'
import { withReads } from './graph-peer.ts'
import { readyPeers } from './peer-bench.ts'

test.for(SHAPES)('in a graph of shape %s all that a model reads is written as the peer wants it, and nothing else', (shape) => {
  for (const { sql, reads } of shapedModels({ shape, models: 40, rows: 100, seed: 1 })) {
    const written = new Set<string>()
    withReads(sql, (name) => {
      written.add(name)
      return name
    })
    expect(written).toEqual(new Set(reads))
    expect(withReads(sql, (name) => name)).toBe(sql)
  }
})

test('a peer that there is not is told with those that there are, before any is fetched', async () => {
  const notes: string[] = []
  await expect(readyPeers('dbt,spark', (line) => notes.push(line))).rejects.toThrow('There is no peer spark; there are dbt and sqlmesh.')
  expect(notes).toEqual([])
})
